from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from pixguard.dataset import Rows
from pixguard.metrics import roc_auc
from pixguard.model import FraudModel, ModelConfig
from pixguard.training import Epoch, TrainingConfig, TrainingError, best_epoch, refit, train
from pixguard.weights import WeightsError
from tests.learnable import learnable_rows

FIT, STOP = learnable_rows(3000, seed=1), learnable_rows(1500, seed=2)
CONFIG = TrainingConfig(
    epochs=5,
    honest_per_fraud=6,
    min_honest=500,
    batch_rows=64,
    learning_rate=0.02,
    average_decay=0.9,
    device="cpu",
    model=ModelConfig(4, 4, 16, dropout=0.3),
)


class Killed(BaseException):
    """Stands for a kill: nothing in the loop may catch it."""


def killing_after(epochs: int) -> Callable[[Epoch], None]:
    def on_epoch(epoch: Epoch) -> None:
        if epoch.number == epochs:
            raise Killed

    return on_epoch


def same(a: FraudModel, b: FraudModel) -> bool:
    pairs = zip(a.state_dict().values(), b.state_dict().values(), strict=True)
    return all(torch.equal(x, y) for x, y in pairs)


@pytest.fixture(scope="module")
def trained() -> tuple[FraudModel, list[Epoch]]:
    return train(FIT, STOP, CONFIG)


def test_it_learns_and_says_what_each_epoch_gave(trained: tuple[FraudModel, list[Epoch]]) -> None:
    model, history = trained
    assert [epoch.number for epoch in history] == [1, 2, 3, 4, 5]
    assert history[-1].loss < history[0].loss
    later = learnable_rows(2000, seed=3)
    assert roc_auc(later.y, model.score(later.x_rf)) > 0.78  # the first feature alone can give 0.836


def test_scores_keep_the_prevalence_though_honest_rows_were_sampled(trained: tuple[FraudModel, list[Epoch]]) -> None:
    model, _ = trained
    kept = np.exp(model.log_odds_shift.item())
    assert 0.2 < kept < 0.5
    assert model.score(STOP.x_rf).mean() == pytest.approx(FIT.y.mean(), rel=0.15)


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(trained: tuple[FraudModel, list[Epoch]]) -> None:
    torch.manual_seed(99)  # the caller's randomness must not matter, nor be touched
    state = torch.get_rng_state()
    again, _ = train(FIT, STOP, CONFIG)
    assert torch.equal(torch.get_rng_state(), state)
    assert same(again, trained[0])
    assert not same(train(FIT, STOP, replace(CONFIG, seed=1, epochs=1))[0], trained[0])


@pytest.mark.parametrize("epochs", [1, 3])
def test_a_killed_run_resumes_to_identical_weights(
    epochs: int, trained: tuple[FraudModel, list[Epoch]], tmp_path: Path
) -> None:
    checkpoint = tmp_path / "checkpoint.pt"
    with pytest.raises(Killed):
        train(FIT, STOP, CONFIG, checkpoint=checkpoint, on_epoch=killing_after(epochs))
    heard: list[int] = []
    model, history = train(FIT, STOP, CONFIG, checkpoint=checkpoint, on_epoch=lambda e: heard.append(e.number))
    assert same(model, trained[0])
    assert heard == list(range(epochs + 1, 6))
    assert [replace(e, seconds=0) for e in history] == [replace(e, seconds=0) for e in trained[1]]


def test_a_finished_run_is_not_trained_again(tmp_path: Path, trained: tuple[FraudModel, list[Epoch]]) -> None:
    checkpoint = tmp_path / "checkpoint.pt"
    train(FIT, STOP, CONFIG, checkpoint=checkpoint)
    model, _ = train(FIT, STOP, CONFIG, checkpoint=checkpoint, on_epoch=killing_after(1))
    assert same(model, trained[0])


def test_the_checkpoint_of_another_run_or_a_broken_one_is_refused(tmp_path: Path) -> None:
    checkpoint = tmp_path / "checkpoint.pt"
    short = replace(CONFIG, epochs=1)
    train(FIT, STOP, short, checkpoint=checkpoint)
    for fit, config in ((learnable_rows(3000, seed=9), short), (FIT, replace(short, learning_rate=0.1))):
        with pytest.raises(TrainingError, match="other rows or settings"):
            train(fit, STOP, config, checkpoint=checkpoint)
    checkpoint.write_bytes(checkpoint.read_bytes()[:100])
    with pytest.raises(WeightsError, match=r"checkpoint\.pt"):
        train(FIT, STOP, short, checkpoint=checkpoint)


def test_it_stops_when_later_rows_no_longer_gain_and_keeps_the_best_epoch() -> None:
    random = np.random.default_rng(0)
    noise = Rows(STOP.end_to_end_id, STOP.payer_id, STOP.event_time, STOP.x_rf, random.permutation(STOP.y))
    config = replace(CONFIG, epochs=40, patience=2)
    model, history = train(FIT, noise, config)
    best = max(history, key=lambda epoch: epoch.stop_average_precision or 0)
    assert len(history) == best_epoch(history) + 2 == best.number + 2 < 40
    score = model.score(noise.x_rf)
    stop_log_loss = -np.mean(np.where(noise.y, np.log(score), np.log1p(-score)))
    assert stop_log_loss == pytest.approx(best.stop_log_loss, rel=1e-5)


def test_a_refit_learns_what_only_the_newest_rows_show_for_as_many_epochs(
    trained: tuple[FraudModel, list[Epoch]], tmp_path: Path
) -> None:
    turned = replace(STOP, x_rf=np.ascontiguousarray(STOP.x_rf[:, ::-1]))  # what told frauds lies in another column
    later = learnable_rows(2000, seed=3)
    x_rf = np.ascontiguousarray(later.x_rf[:, ::-1])
    early, history = trained
    heard: list[Epoch] = []
    model = refit(FIT.followed_by(turned), history, CONFIG, checkpoint=tmp_path / "refit.pt", on_epoch=heard.append)
    assert [each.number for each in heard] == list(range(1, best_epoch(history) + 1))
    assert {(each.stop_average_precision, each.stop_log_loss) for each in heard} == {(None, None)}
    assert roc_auc(later.y, model.score(x_rf)) > roc_auc(later.y, early.score(x_rf)) + 0.05


def test_a_refit_is_on_the_schedule_of_the_run_that_it_repeats(trained: tuple[FraudModel, list[Epoch]]) -> None:
    _, history = trained
    cut = [replace(each, stop_average_precision=float(each.number <= 3)) for each in history]
    assert best_epoch(cut) == 3
    heard: list[Epoch] = []
    refit(FIT, cut, CONFIG, on_epoch=heard.append)
    assert [each.learning_rate for each in heard] == [each.learning_rate for each in history[:3]]
    assert [each.loss for each in heard] == [each.loss for each in history[:3]]


def test_few_frauds_still_fill_an_epoch() -> None:
    rare = learnable_rows(3000, seed=4, fraud_share=0.002)
    model, _ = train(rare, STOP, replace(CONFIG, epochs=1, min_honest=1000))
    assert model.log_odds_shift.item() == pytest.approx(np.log(1000 / (3000 - rare.frauds)))


def test_a_loss_that_is_no_number_ends_the_run() -> None:
    with pytest.raises(TrainingError, match="lower learning_rate"):
        train(FIT, STOP, replace(CONFIG, learning_rate=1e38))


@pytest.mark.parametrize("setting", [{"epochs": 0}, {"learning_rate": 0.0}, {"average_decay": 1.0}, {"min_honest": 0}])
def test_settings_that_cannot_train_are_refused(setting: dict[str, float]) -> None:
    with pytest.raises(TrainingError):
        replace(CONFIG, **setting)
