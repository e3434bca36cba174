"""train_model with all its real parts, on a small simulated world: once to the end, once stopped by the data gate."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from pixguard.jobs import simulate_payments
from pixguard.registry import CHALLENGER, CHAMPION, Registry
from pixguard.simulate import SimulationConfig
from pixguard.steps.runs.definition import load_pipeline
from pixguard.steps.runs.errors import PipelineRunError
from pixguard.steps.runs.local import run_pipeline

PAYMENTS, DAYS, START = 20_000, 40, date(2026, 3, 2)
STEPS = (
    "ingest_payments",
    "validate_payments",
    "build_features",
    "validate_features",
    "build_training_set",
    "train_model",
    "judge_model",
    "register_model",
    "record_outcome",
)
# So small a world says little about a model; what is tested is that a passed verdict leads to a registered version.
LENIENT = {
    "min_frauds": 5,
    "floor_ap_lift": 1.01,
    "floor_roc_auc": 0.51,
    "floor_recall_fpr_1pct": 0.0,
    "calibration_error": 50.0,
    "cohort_min_frauds": 10_000,
    "latency_p99_ms": 10_000.0,
    "baseline_ap_loss": 1.0,
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world")
    config = SimulationConfig(payments=PAYMENTS, days=DAYS, start_date=START, seed=3, prevalence=0.03)
    simulate_payments.run(config=config, out=folder)
    rules = {name: {"value": value, "reason": "a test's world"} for name, value in LENIENT.items()}
    (folder / "rules.yaml").write_text(yaml.safe_dump(rules))
    return folder


def parameters(world: Path, state: Path, **changes: Any) -> dict[str, Any]:
    return {
        "input": str(world / "payments.parquet"),
        "labels": str(world / "labels.parquet"),
        "mapping": "simulator",
        "lake": str(state / "lake"),
        "models": str(state / "models"),
        "tracking_uri": f"sqlite:///{state / 'mlflow.db'}",
        "signing_key": str(state / "keys" / "signing.pem"),
        "rules": str(world / "rules.yaml"),
        "as_of": "2026-04-11T03:00",
    } | changes


def outcome(state: Path) -> dict[str, Any]:
    (path,) = (state / "lake" / "runs").glob("*.json")
    record: dict[str, Any] = json.loads(path.read_text())
    return record


@pytest.mark.timeout(1800)
def test_payments_become_a_registered_version(world: Path, tmp_path: Path) -> None:
    run = run_pipeline(load_pipeline("train_model"), parameters(world, tmp_path), state=tmp_path / "state")
    assert tuple(step.name for step in run.steps) == STEPS
    taken = run.metrics["ingest_payments"]
    assert taken["payments"] == PAYMENTS == taken["accepted"] + taken["duplicates"] + taken["rejected"]
    assert run.metrics["build_training_set"]["rows"] == taken["accepted"]
    assert run.metrics["register_model"] == {"version_number": 1, "champion": 1}
    registry = Registry(f"sqlite:///{tmp_path / 'mlflow.db'}", "pixguard")
    (version,) = registry.versions("pix-fraud")
    assert set(version.aliases) == {CHALLENGER, CHAMPION}
    assert (Path(version.folder) / "model.onnx").is_file()
    record = outcome(tmp_path)
    assert (record["state"], record["pipeline"]) == ("SUCCEEDED", "train_model")


@pytest.mark.timeout(300)
def test_stale_payments_stop_the_run_before_anything_is_built(world: Path, tmp_path: Path) -> None:
    late = parameters(world, tmp_path, as_of="2026-06-01")
    with pytest.raises(PipelineRunError, match="train-model failed at validate_payments after ") as caught:
        run_pipeline(load_pipeline("train_model"), late, state=tmp_path / "state")
    assert "DataGateError: 1 of " in str(caught.value)
    assert "newest_payment_age_h" in str(caught.value)
    assert not (tmp_path / "lake" / "features").exists()
    assert outcome(tmp_path)["state"] == "FAILED"
