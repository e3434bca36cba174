"""train_model with all its real parts, on a small simulated world: once to the end, once stopped by the data gate."""

import json
from pathlib import Path
from typing import Any

import pytest

from pixguard.registry import CHALLENGER, CHAMPION, Registry
from pixguard.steps.runs.definition import load_pipeline
from pixguard.steps.runs.errors import PipelineRunError
from pixguard.steps.runs.local import run_pipeline

from .conftest import PAYMENTS, Trained, parameters

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


def outcome(state: Path) -> dict[str, Any]:
    """Return the record of how the one run of train_model ended; a retraining may have left its own beside it."""
    records = [json.loads(path.read_text()) for path in (state / "lake" / "runs").glob("*.json")]
    (record,) = [each for each in records if each["pipeline"] == "train_model"]
    return dict(record)


@pytest.mark.timeout(1800)
def test_payments_become_a_registered_version(trained: Trained) -> None:
    run, folder = trained.run, trained.folder
    assert tuple(step.name for step in run.steps) == STEPS
    taken = run.metrics["ingest_payments"]
    assert taken["payments"] == PAYMENTS == taken["accepted"] + taken["duplicates"] + taken["rejected"]
    assert run.metrics["build_training_set"]["rows"] == taken["accepted"]
    assert run.metrics["register_model"] == {"version_number": 1, "champion": 1}
    registry = Registry(f"sqlite:///{folder / 'mlflow.db'}", "pixguard")
    (version,) = registry.versions("pix-fraud")
    assert set(version.aliases) == {CHALLENGER, CHAMPION}
    assert (Path(version.folder) / "model.onnx").is_file()
    record = outcome(folder)
    assert record["state"] == "SUCCEEDED"


@pytest.mark.timeout(300)
def test_stale_payments_stop_the_run_before_anything_is_built(world: Path, tmp_path: Path) -> None:
    late = parameters(world, tmp_path, as_of="2026-06-01")
    with pytest.raises(PipelineRunError, match="train-model failed at validate_payments after ") as caught:
        run_pipeline(load_pipeline("train_model"), late, state=tmp_path / "state")
    assert "DataGateError: 1 of " in str(caught.value)
    assert "newest_payment_age_h" in str(caught.value)
    assert not (tmp_path / "lake" / "features").exists()
    assert outcome(tmp_path)["state"] == "FAILED"
