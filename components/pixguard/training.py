"""A training loop you can see whole: AdamW, averaged weights, early stopping on later rows, resumable by epoch.

Twice. Later rows say when to stop and what probabilities the scores are; then `refit` trains as long on all rows, those
included: a new kind of fraud shows in the newest days first (bench/README.md says what that gives).

Imbalance. Of a thousand payments a few are fraud, so an epoch takes every fraud and a fresh sample of honest rows:
epochs are short, every batch holds frauds, and over the epochs the model sees many honest rows. Sampling one class only
shifts log-odds by a constant; `FraudModel.log_odds_shift` undoes it, so scores keep the prevalence of all rows. Class
weights would need small steps for the same, and synthetic frauds do not exist.

Randomness. All of an epoch's comes from (seed, epoch): a run that was killed and resumed ends with the same weights.
"""

from __future__ import annotations

import copy
import hashlib
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from pixguard.dataset import Rows
from pixguard.errors import PixguardError
from pixguard.metrics import average_precision
from pixguard.model import FraudModel, ModelConfig
from pixguard.weights import load_saved, save_atomically

Bools = NDArray[np.bool_]


class TrainingError(PixguardError):
    """A setting that cannot train, a loss that is no number, or a checkpoint of another run."""


@dataclass(frozen=True)
class TrainingConfig:
    """How to train; every default says why."""

    seed: int = 0
    epochs: int = 10  # at most; the rate falls to zero at the last, and more of them learn the frauds by heart
    patience: int = 4  # epochs without a better average precision on the later rows
    batch_rows: int = 256
    learning_rate: float = 2e-3  # peak; a twentieth of all steps warms up, then a cosine falls to zero
    weight_decay: float = 1e-2
    honest_per_fraud: float = 20.0  # 6 lose average precision, 40 cost time and gain nothing
    min_honest: int = 8_192  # where frauds are few, honest rows still fill an epoch
    average_decay: float = 0.99  # of the moving average of weights, per step: about the last 100 steps
    max_gradient_norm: float = 1.0
    device: str = ""  # empty: a GPU if there is one
    model: ModelConfig = field(default_factory=ModelConfig)

    def __post_init__(self) -> None:
        positive = (self.epochs, self.patience, self.batch_rows, self.learning_rate, self.honest_per_fraud)
        if min(positive) <= 0 or self.min_honest < 1 or not 0 <= self.average_decay < 1:
            raise TrainingError(f"{self}: counts and rates must be positive, average_decay in [0, 1)")


@dataclass(frozen=True)
class Epoch:
    """What one epoch gave: mean loss on its sample, average precision and log loss on the later rows."""

    number: int
    loss: float
    stop_average_precision: float | None  # None where there are no later rows
    stop_log_loss: float | None
    learning_rate: float
    seconds: float


@dataclass
class _State:
    """Everything that a checkpoint keeps."""

    model: FraudModel
    average: FraudModel
    best: FraudModel
    optimizer: torch.optim.AdamW
    history: list[Epoch]


def train(
    fit: Rows,
    stop: Rows | None,
    config: TrainingConfig | None = None,
    *,
    checkpoint: Path | None = None,
    on_epoch: Callable[[Epoch], None] | None = None,
    until: int | None = None,
) -> tuple[FraudModel, list[Epoch]]:
    """Return the model of the best epoch, on the CPU, and what every epoch gave; without later rows, of the last epoch.

    `checkpoint` is written after every epoch; a file that is there already is resumed from, and refused with
    TrainingError when it belongs to other rows or another config. `on_epoch` hears of every epoch once. `until`: the
    last epoch, though the schedule goes on.
    """
    config = config or TrainingConfig()
    device = config.device or ("cuda" if torch.cuda.is_available() else "cpu")
    run, last = _run_digest(fit, stop, config), min(until or config.epochs, config.epochs)
    with torch.random.fork_rng(devices=range(torch.cuda.device_count()) if device == "cuda" else []):
        state = _begin(fit, config, device)
        if checkpoint and checkpoint.exists():
            _restore(state, checkpoint, run)
        while not _is_finished(state, last, config.patience):
            epoch = _one_epoch(state, fit, stop, config, device)
            state.history.append(epoch)
            if epoch.number == best_epoch(state.history):
                state.best.load_state_dict(state.average.state_dict())
            if checkpoint:
                _keep(state, checkpoint, run)
            if on_epoch:
                on_epoch(epoch)
    return state.best.cpu().eval(), state.history


def refit(
    taught: Rows,
    history: list[Epoch],
    config: TrainingConfig | None = None,
    *,
    checkpoint: Path | None = None,
    on_epoch: Callable[[Epoch], None] | None = None,
) -> FraudModel:
    """Return a model that all rows taught, up to the epoch of the same schedule that `history` says was best."""
    model, _ = train(taught, None, config, checkpoint=checkpoint, on_epoch=on_epoch, until=best_epoch(history))
    return model


def best_epoch(history: list[Epoch]) -> int:
    """Return the number of the epoch that ranked the later rows best, the latest of equals; without any the last."""
    ranked = max(history, key=lambda each: (each.stop_average_precision or 0.0, each.number))
    return ranked.number


def _begin(fit: Rows, config: TrainingConfig, device: str) -> _State:
    torch.manual_seed(config.seed)
    model = FraudModel.for_rows(fit.x_rf, fit.y, config.model)
    model.log_odds_shift.fill_(math.log(_honest_rows(fit.y, config) / (len(fit) - fit.frauds)))
    model = model.to(device)
    optimizer = torch.optim.AdamW(model.parameters(), config.learning_rate, weight_decay=config.weight_decay)
    return _State(model, copy.deepcopy(model), copy.deepcopy(model), optimizer, [])


def _one_epoch(state: _State, fit: Rows, stop: Rows | None, config: TrainingConfig, device: str) -> Epoch:
    """Take every fraud and a fresh sample of honest rows once, in random order; then judge the averaged weights."""
    began, number = time.monotonic(), len(state.history) + 1
    torch.manual_seed(config.seed * 1_000_003 + number)  # dropout
    batches = list(_batches(fit.y, config, number))
    losses = []
    state.model.train()
    for index, chosen in enumerate(batches):
        _set_learning_rate(state.optimizer, config, (number - 1 + index / len(batches)) / config.epochs)
        x_rf = torch.from_numpy(fit.x_rf[chosen]).to(device)
        fraud_r = torch.from_numpy(fit.y[chosen]).to(device, torch.float32)
        log_odds_r = state.model(x_rf) - state.model.log_odds_shift  # of the sample, which is what the loss sees
        loss = functional.binary_cross_entropy_with_logits(log_odds_r, fraud_r)
        state.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(state.model.parameters(), config.max_gradient_norm)
        state.optimizer.step()
        _average(state, config.average_decay)
        losses.append(loss.detach())
    mean_loss = float(torch.stack(losses).mean())
    if not math.isfinite(mean_loss):
        raise TrainingError(f"epoch {number}: the loss is {mean_loss}; lower learning_rate or look at the features")
    later = (None, None) if stop is None else _judge(state.average, stop)
    return Epoch(
        number=number,
        loss=mean_loss,
        stop_average_precision=later[0],
        stop_log_loss=later[1],
        learning_rate=state.optimizer.param_groups[0]["lr"],
        seconds=time.monotonic() - began,
    )


def _batches(y: Bools, config: TrainingConfig, epoch: int) -> Iterator[NDArray[np.int64]]:
    """Yield positions of rows, about `batch_rows` at a time and every batch of nearly the same size."""
    random = np.random.default_rng((config.seed, epoch))
    honest = random.choice(np.flatnonzero(~y), _honest_rows(y, config), replace=False)
    chosen = random.permutation(np.concatenate([np.flatnonzero(y), honest]))
    yield from np.array_split(chosen, math.ceil(chosen.size / config.batch_rows))


def _honest_rows(y: Bools, config: TrainingConfig) -> int:
    frauds = int(y.sum())
    return min(max(round(config.honest_per_fraud * frauds), config.min_honest), y.size - frauds)


def _set_learning_rate(optimizer: torch.optim.Optimizer, config: TrainingConfig, done: float) -> None:
    """Set the rate for the share of training that is done: a linear warm-up, then half a cosine."""
    warm = 0.05
    factor = (done + 0.001) / warm if done < warm else 0.5 * (1 + math.cos(math.pi * (done - warm) / (1 - warm)))
    for group in optimizer.param_groups:
        group["lr"] = config.learning_rate * min(factor, 1.0)


@torch.no_grad()
def _average(state: _State, decay: float) -> None:
    """Move the averaged weights a step towards the present ones."""
    pairs = list(zip(state.average.parameters(), state.model.parameters(), strict=True))
    torch._foreach_lerp_([a for a, _ in pairs], [m for _, m in pairs], 1 - decay)


def _is_finished(state: _State, last: int, patience: int) -> bool:
    done = len(state.history)
    return done >= last or (done > 0 and done - best_epoch(state.history) >= patience)


def _judge(model: FraudModel, rows: Rows) -> tuple[float, float]:
    """Return average precision and log loss."""
    score = model.score(rows.x_rf)
    p = np.clip(score.astype(np.float64), 1e-12, 1 - 1e-12)
    return average_precision(rows.y, score), float(-np.mean(np.where(rows.y, np.log(p), np.log1p(-p))))


def _run_digest(fit: Rows, stop: Rows | None, config: TrainingConfig) -> str:
    """Return what identifies a run: its config without the device, and its rows."""
    settings = {name: value for name, value in asdict(config).items() if name != "device"}
    digest = hashlib.sha256(repr(settings).encode())
    for rows in (fit,) if stop is None else (fit, stop):
        digest.update(np.ascontiguousarray(rows.x_rf).data)
        digest.update(np.ascontiguousarray(rows.y).data)
    return digest.hexdigest()


def _keep(state: _State, path: Path, run: str) -> None:
    models = {name: getattr(state, name).state_dict() for name in ("model", "average", "best")}
    content: dict[str, Any] = {
        "run": run,
        **models,
        "optimizer": state.optimizer.state_dict(),
        "history": [asdict(epoch) for epoch in state.history],
    }
    save_atomically(content, path)


def _restore(state: _State, path: Path, run: str) -> None:
    content = load_saved(path)
    if content.get("run") != run:
        raise TrainingError(f"{path}: is the checkpoint of a run on other rows or settings; remove it or give another")
    for name in ("model", "average", "best"):
        getattr(state, name).load_state_dict(content[name])
    state.optimizer.load_state_dict(content["optimizer"])
    state.history = [Epoch(**epoch) for epoch in content["history"]]
