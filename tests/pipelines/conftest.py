"""One small simulated world, and one run of train_model over it, for all who look at a whole run."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from pixguard.jobs import simulate_payments
from pixguard.simulate import SimulationConfig
from pixguard.steps.runs.definition import load_pipeline
from pixguard.steps.runs.local import Run, run_pipeline

PAYMENTS = 20_000
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


@dataclass(frozen=True)
class Trained:
    """A run of train_model that ended well, its parameters, and the folder of its lake, models and state."""

    run: Run
    parameters: Mapping[str, Any]
    folder: Path


def parameters(world: Path, state: Path, **changes: Any) -> dict[str, Any]:
    """Return those of a run of train_model over the world that keeps all it makes below `state`."""
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
        "epochs": 3,
    } | changes


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of payments, labels and a gate's lenient rules."""
    folder = tmp_path_factory.mktemp("world")
    config = SimulationConfig(payments=PAYMENTS, days=40, start_date=date(2026, 3, 2), seed=3, prevalence=0.03)
    simulate_payments.run(config=config, out=folder)
    rules = {name: {"value": value, "reason": "a test's world"} for name, value in LENIENT.items()}
    (folder / "rules.yaml").write_text(yaml.safe_dump(rules))
    return folder


@pytest.fixture(scope="session")
def trained(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """Return a run from payments to a registered version."""
    folder = tmp_path_factory.mktemp("trained")
    given = parameters(world, folder)
    run = run_pipeline(load_pipeline("train_model"), given, state=folder / "state", caching=True)
    return Trained(run, given, folder)
