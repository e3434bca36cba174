"""Train the torch model and its LightGBM baseline on a training set: `python -m pixguard.jobs.train_model --help`.

Writes the candidate's folder, the scored later rows that the gate judges, and the ids of the rows that taught it.
"""

from __future__ import annotations

import argparse
import logging
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from numpy.typing import NDArray

from pixguard import lake as lakes
from pixguard.baseline import train_baseline
from pixguard.candidate import Candidate, calibrated, importance, latency_p99_ms, write_candidate
from pixguard.dataset import DatasetError, TimeSplit, TrainingSet, training_set
from pixguard.declaration import FeatureSet
from pixguard.errors import PixguardError
from pixguard.features import FEATURE_SETS
from pixguard.gate import single_feature_auc
from pixguard.jobs.scored_rows import champion_of, champion_scores, write_scored_rows
from pixguard.model import FraudModel
from pixguard.policy import Policy
from pixguard.provenance import KeptVersion, TrainingFacts
from pixguard.provenance.files import write_json
from pixguard.registry import DatasetSnapshot, Registry, Run
from pixguard.training import Epoch, TrainingConfig, best_epoch, refit, train

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Trained:
    """What was trained: rows that taught, rows and frauds that judge, epochs on all rows, and MLflow's run."""

    taught_rows: int
    judged_rows: int
    judged_frauds: int
    epochs: int
    seconds: float
    mlflow_run_id: str


def run(
    *,
    rows: Path,
    lake: Path,
    out: Path,
    tracking_uri: str,
    feature_set: str = "pix",
    cut_off: datetime | None = None,
    maturity_days: int = 7,
    train_days: int | None = None,
    judge_days: int | None = None,
    config: TrainingConfig | None = None,
    public_key: Path | None = None,
    registered_model: str = "pix-fraud",
    experiment: str = "pixguard",
    title: str = "",
    policy: Path | None = None,
) -> Trained:
    """Train on the table in `rows` (see build_training_set) with the labels of `lake`, and write into `out`.

    `cut_off`: the moment up to which labels teach; payments after it are judged; by default two thirds of the time,
    or as late as leaves `judge_days` of matured payments to judge. `train_days`: how far back from the cut-off training
    reaches. With `public_key` the registry's champion is verified
    and scores the same later rows. `policy`: a policy.json that the version is to have in place of the default.
    """
    began, config = time.monotonic(), config or TrainingConfig()
    table, labels = pq.read_table(rows), _labels(lake)
    declared, left_out = _features(FEATURE_SETS[feature_set], table)
    split = _split(table, cut_off, timedelta(days=maturity_days), train_days, judge_days)
    data = training_set(table, labels, declared.names, split)
    snapshot = str(lakes.snapshot(lake)["snapshot"])
    registry = Registry(tracking_uri, experiment)
    champion = champion_of(registry, registered_model, public_key)
    parameters = _parameters(config, split, data)
    out.mkdir(parents=True, exist_ok=True)
    with registry.run(title or f"train {declared.name}", parameters) as mlflow_run:
        mlflow_run.dataset(DatasetSnapshot(lake.name, str(lake), snapshot), "training")
        candidate, epochs = _candidate(data, config, out, mlflow_run, (declared, left_out))
        decides = Policy() if policy is None else Policy.load(policy)
        write_candidate(candidate, data.taught, out / "model", judged=data.judged, policy=decides)
        about = _About(
            snapshot,
            config.seed,
            mlflow_run.run_id,
            parameters | {"refit_epochs": epochs},
            title or f"Fraud model {declared.name}",
        )
        write_json(out / "model" / "training.json", _facts(candidate, data, out / "model", about).to_json())
        write_scored_rows(out, table, labels, data, _scores(data, candidate.model, champion))
    judged, seconds = data.judged, time.monotonic() - began
    return Trained(len(data.taught), len(judged), judged.frauds, epochs, seconds, mlflow_run.run_id)


def _candidate(
    data: TrainingSet, config: TrainingConfig, out: Path, mlflow_run: Run, about: tuple[FeatureSet, tuple[str, ...]]
) -> tuple[Candidate, int]:
    """Train until later rows gain no more, calibrate on those, and then train as long on all rows."""
    early, history = train(
        data.fit, data.stop, config, checkpoint=out / "checkpoint.pt", on_epoch=partial(_log, mlflow_run, "")
    )
    model = refit(
        data.taught, history, config,
        checkpoint=out / "refit.pt", on_epoch=partial(_log, mlflow_run, "refit_"),
    )  # fmt: skip
    early.log_odds_shift.copy_(model.log_odds_shift)  # or the share of fraud in the later rows would count twice
    return Candidate(model, data.names, calibrated(early, data), *about), best_epoch(history)


@dataclass(frozen=True)
class _About:
    snapshot: str
    seed: int
    mlflow_run_id: str
    parameters: dict[str, Any]
    title: str


def _labels(lake: Path) -> pa.Table:
    files = lakes.files(lake, "labels")
    if not files:
        raise DatasetError(f"{lake / 'labels'}: holds no accepted labels; run ingest_payments with labels first")
    return pa.concat_tables(pq.read_table(f, columns=["end_to_end_id", "is_fraud", "known_at"]) for f in files)


def _features(declared: FeatureSet, table: pa.Table) -> tuple[FeatureSet, tuple[str, ...]]:
    """Return the features that the table holds, and the names of those it lacks."""
    held = set(table.column_names)
    kept = FeatureSet(
        declared.name,
        tuple(a for a in declared.aggregates if a.name in held or a.name not in declared.names),
        tuple(r for r in declared.request if r.name in held or r.name in declared.helpers),
        declared.helpers,
    )
    return kept, tuple(name for name in declared.names if name not in held)


def _split(
    table: pa.Table, cut_off: datetime | None, maturity: timedelta, train_days: int | None, judge_days: int | None
) -> TimeSplit:
    times = table["event_time"].to_numpy()
    first, last = (np.datetime64(t, "us").astype(datetime).replace(tzinfo=UTC) for t in (times.min(), times.max()))
    latest = last - maturity - timedelta(days=judge_days) if judge_days else first + (last - first) * 2 / 3
    cut_off = cut_off or latest
    start = None if train_days is None else cut_off - maturity - timedelta(days=train_days)
    return TimeSplit(cut_off=cut_off, maturity=maturity, start=start)


def _parameters(config: TrainingConfig, split: TimeSplit, data: TrainingSet) -> dict[str, Any]:
    settings = asdict(config)
    model = settings.pop("model")
    return {
        **settings,
        **{f"model_{name}": value for name, value in model.items()},
        "cut_off": split.cut_off.isoformat(),
        "maturity_days": split.maturity.days,
        "features": len(data.names),
        "fit_rows": len(data.fit),
        "fit_frauds": data.fit.frauds,
        "stop_rows": len(data.stop),
        "judged_rows": len(data.judged),
    }


def _scores(data: TrainingSet, model: FraudModel, champion: KeptVersion | None) -> dict[str, NDArray[Any]]:
    """Score the judged rows by the challenger, by LightGBM fitted on the same rows, and by the champion if any."""
    x_rf = data.judged.x_rf
    baseline = train_baseline(data.fit, data.stop)
    scores: dict[str, NDArray[Any]] = {"challenger_score": model.score(x_rf), "baseline_score": baseline.score(x_rf)}
    return scores if champion is None else scores | {"champion_score": champion_scores(champion, data)}


def _log(mlflow_run: Run, prefix: str, epoch: Epoch) -> None:
    values = {f"{prefix}{name}": v for name, v in asdict(epoch).items() if name != "number" and v is not None}
    mlflow_run.epoch(epoch.number, values)
    later = epoch.stop_average_precision
    told = "on all rows" if later is None else f"later AP {later:.4f}"
    log.info("epoch %2d  loss %.4f  %s", epoch.number, epoch.loss, told)


def _facts(candidate: Candidate, data: TrainingSet, folder: Path, about: _About) -> TrainingFacts:
    taught, model = data.taught, candidate.model
    weights = sum(p.numel() for p in model.parameters())
    return TrainingFacts(
        title=about.title,
        data=f"{len(taught)} payments, {taught.frauds} of them frauds known by {data.cut_off}",
        data_snapshot_sha256=about.snapshot,
        seed=about.seed,
        model=f"torch {torch.__version__}: piecewise-linear bins and residual blocks, {weights} weights",
        training_from=_iso(taught.event_time[0]),
        training_until=_iso(taught.event_time[-1]),
        training_rows=len(taught),
        training_frauds=taught.frauds,
        features=data.names,
        features_left_out=dict.fromkeys(candidate.left_out, "the data set lacks the columns it needs"),
        feature_auc=single_feature_auc(taught.y, dict(zip(data.names, taught.x_rf.T, strict=True))),
        feature_importance=importance(model, data.judged, data.names),
        latency_p99_ms=latency_p99_ms(folder / "reasons.onnx", taught.x_rf[0]),
        mlflow_run_id=about.mlflow_run_id,
        parameters=about.parameters,
    )


def _iso(moment: np.datetime64) -> str:
    return f"{np.datetime_as_string(moment, unit='us')}+00:00"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the job from the command line; returns the exit status, 1 with one line on what was wrong."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    parser = argparse.ArgumentParser(description="Train the torch model and its baseline.")
    parser.add_argument("--rows", type=Path, required=True, help="Parquet that build_training_set wrote")
    parser.add_argument("--lake", type=Path, required=True, help="the lake that holds the labels")
    parser.add_argument("--out", type=Path, required=True, help="folder for the candidate and the scored rows")
    parser.add_argument("--tracking-uri", required=True, help="MLflow: http(s)://… or sqlite:////path/mlflow.db")
    parser.add_argument("--feature-set", choices=sorted(FEATURE_SETS), default="pix")
    parser.add_argument("--cut-off", type=_moment, help="labels known by then teach, later payments are judged, UTC")
    parser.add_argument("--maturity-days", type=int, default=7, help="a payment without a label is honest after these")
    parser.add_argument("--train-days", type=int, help="how far back training reaches; default: all history")
    parser.add_argument("--judge-days", type=int, help="without a cut-off: judge on so many of the last matured days")
    parser.add_argument("--public-key", type=Path, help="verifies the champion, which then scores the same rows")
    parser.add_argument("--policy", type=Path, help="policy.json of the version; default: our costs, no exploration")
    parser.add_argument("--seed", type=int, default=0)
    arguments = vars(parser.parse_args(argv))
    arguments["config"] = TrainingConfig(seed=arguments.pop("seed"))
    try:
        trained = run(**arguments)
    except PixguardError as error:
        log.error("%s", error)
        return 1
    log.info("%s", trained)
    return 0


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


if __name__ == "__main__":
    sys.exit(main())
