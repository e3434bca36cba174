"""Training as a job: what it leaves for the gate, that ONNX serves what torch learned, and when it refuses."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch

from pixguard.candidate import onnx_scores
from pixguard.dataset import DatasetError, TimeSplit, training_set
from pixguard.features import FEATURE_SETS
from pixguard.jobs import judge_model, train_model
from pixguard.model import ModelConfig
from pixguard.provenance import TrainingFacts
from pixguard.provenance.files import read_json
from pixguard.registry import Registry, RegistryUnreachableError
from pixguard.training import TrainingConfig
from pixguard.weights import load_model, load_saved

# SQLAlchemy and torch warn about MLflow's own use of them.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")

FIRST = datetime(2026, 1, 1, tzinfo=UTC)
ROWS = 6_000
FEATURES = ("payer_sent_count_24h", "payee_received_payers_distinct_24h", "log_amount")
QUICK = TrainingConfig(epochs=3, model=ModelConfig(width=16, blocks=1))


@pytest.fixture
def world(tmp_path: Path) -> Path:
    """60 days of payments in which fan-in gives fraud away, most of the time."""
    draw = np.random.default_rng(5)
    fraud = draw.random(ROWS) < 0.05
    fan_in = draw.poisson(np.where(fraud, 6, 1.5))
    times = [FIRST + timedelta(days=60) * n / ROWS for n in range(ROWS)]
    ids = [f"E{n:031d}" for n in range(ROWS)]
    rows = pa.table(
        {
            "end_to_end_id": ids,
            "event_time": pa.array(times, pa.timestamp("us", "UTC")),
            "payer_id": [f"k1.{n % 300:032x}" for n in range(ROWS)],
            "amount_centavos": draw.integers(100, 90_000, ROWS),
            "key_type": draw.choice(["CPF", "EVP"], ROWS),
            "payer_sent_count_24h": draw.poisson(2, ROWS),
            "payee_received_payers_distinct_24h": fan_in,
            "log_amount": draw.normal(3, 1, ROWS).astype(np.float32),
        }
    )
    pq.write_table(rows, tmp_path / "rows.parquet")
    known = [(i, t + timedelta(days=3)) for i, t, is_fraud in zip(ids, times, fraud, strict=True) if is_fraud]
    labels = pa.table(
        {
            "end_to_end_id": [i for i, _ in known],
            "is_fraud": [True] * len(known),
            "known_at": pa.array([t for _, t in known], pa.timestamp("us", "UTC")),
        }
    )
    (tmp_path / "lake" / "labels" / "known_date=2026-01-04").mkdir(parents=True)
    pq.write_table(labels, tmp_path / "lake" / "labels" / "known_date=2026-01-04" / "part.parquet")
    return tmp_path


def train(world: Path, **changes: object) -> train_model.Trained:
    settings: dict[str, object] = {
        "rows": world / "rows.parquet",
        "lake": world / "lake",
        "out": world / "run",
        "tracking_uri": f"sqlite:///{world / 'mlflow.db'}",
        "config": QUICK,
        "maturity_days": 4,
    }
    return train_model.run(**(settings | changes))  # type: ignore[arg-type]


def test_what_training_leaves_is_what_the_gate_reads(world: Path) -> None:
    trained = train(world)
    model, scored = world / "run" / "model", pq.read_table(world / "run" / "scored.parquet")
    facts = TrainingFacts.load(model)
    taught = set(pq.read_table(world / "run" / "training_rows.parquet")["end_to_end_id"].to_pylist())

    assert scored.num_rows == trained.judged_rows
    assert len(taught) == trained.taught_rows == facts.training_rows
    assert facts.parameters["refit_epochs"] == trained.epochs
    kept, refitted = load_model(model / "model.pt"), load_saved(world / "run" / "refit.pt")["best"]
    assert all(torch.equal(weights, refitted[name]) for name, weights in kept.state_dict().items())
    assert taught.isdisjoint(scored["end_to_end_id"].to_pylist())
    assert scored["known_at"].null_count == scored.num_rows - trained.judged_frauds
    assert facts.features == list(FEATURES)
    assert set(facts.features_left_out) >= {"payer_sent_count_1h", "is_night"}
    assert facts.feature_importance is not None
    assert sum(facts.feature_importance.values()) == pytest.approx(1)

    verdict = judge_model.run(
        scored=world / "run" / "scored.parquet",
        model=model,
        training_rows=world / "run" / "training_rows.parquet",
        out=world / "run" / "verdict",
    )
    assert verdict.rows == scored.num_rows
    assert not [check.name for check in verdict.checks if "leak" in check.name and not check.passed]


def test_probabilities_keep_the_share_of_fraud_of_the_rows_that_calibrate(world: Path) -> None:
    table, labels = pq.read_table(world / "rows.parquet"), train_model._labels(world / "lake")
    data = training_set(table, labels, FEATURES, TimeSplit(FIRST + timedelta(days=40), timedelta(days=4)))
    few = data.fit.take(~data.fit.y | (np.arange(len(data.fit)) % 4 == 0))  # a quarter of the frauds: a wave is to come
    with Registry(f"sqlite:///{world / 'mlflow.db'}", "test").run("wave", {}) as mlflow_run:
        candidate, _ = train_model._candidate(
            replace(data, fit=few), QUICK, world, mlflow_run, (FEATURE_SETS["pix"], ())
        )
    stop = data.stop
    mean = candidate.calibration.apply(candidate.model.score(stop.x_rf)).mean()
    assert mean == pytest.approx(stop.y.mean(), rel=0.2)


def test_without_a_cut_off_the_last_matured_days_may_judge(world: Path) -> None:
    train(world, judge_days=10)
    times = pq.read_table(world / "run" / "scored.parquet")["event_time"].to_pylist()
    last = FIRST + timedelta(days=60) * (ROWS - 1) / ROWS
    assert times
    assert min(times) >= last - timedelta(days=14)
    assert max(times) <= last


def test_the_served_file_scores_as_torch_does(world: Path) -> None:
    train(world)
    model = world / "run" / "model"
    x_rf = np.load(world / "run" / "example.npz")["features"]
    np.testing.assert_allclose(
        onnx_scores(model / "model.onnx", x_rf), load_model(model / "model.pt").score(x_rf), atol=1e-6
    )
    assert read_json(model / "feature_service.json")["inputs"] == list(FEATURES)


def test_the_same_seed_gives_the_same_scores(world: Path) -> None:
    train(world)
    first = pq.read_table(world / "run" / "scored.parquet")["challenger_score"]
    train(world, out=world / "again")
    assert pq.read_table(world / "again" / "scored.parquet")["challenger_score"].equals(first)


def test_a_lake_without_labels_teaches_nothing(world: Path) -> None:
    with pytest.raises(DatasetError, match="holds no accepted labels"):
        train(world, lake=world / "empty")


def test_an_unreachable_mlflow_is_said_before_anything_is_trained(world: Path) -> None:
    with pytest.raises(RegistryUnreachableError, match=r"http://127\.0\.0\.1:9"):
        train(world, tracking_uri="http://127.0.0.1:9")
    assert not (world / "run").exists()
