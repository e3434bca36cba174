"""The graph of retrain_model as a KFP server gets it, and a run of it here on a night on which nothing asks for it."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from pixguard.overlay import Placed
from pixguard.retraining import Ledger
from pixguard.steps.runs.compile import compile_pipeline
from pixguard.steps.runs.definition import load_pipeline, read_parameters
from pixguard.steps.runs.local import run_pipeline
from tests.release.repository import OVERLAY, STABLE, make_repository
from tests.watch.version import keep


@pytest.fixture(scope="module")
def specification(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    path = compile_pipeline(load_pipeline("retrain_model"), tmp_path_factory.mktemp("compiled"))
    found: dict[str, Any] = next(yaml.safe_load_all(path.read_text()))
    return found


def test_training_is_the_pipeline_train_model_and_only_where_it_is_time(specification: dict[str, Any]) -> None:
    components = specification["components"]
    night = components["comp-exit-handler-1"]["dag"]["tasks"]
    assert night["condition-2"]["triggerPolicy"]["condition"].endswith("== 'train'")
    branch = components["comp-condition-2"]["dag"]["tasks"]
    assert set(branch) == {"train-model", "propose-version"}
    assert branch["propose-version"]["dependentTasks"] == ["train-model"]
    nested = components[branch["train-model"]["componentRef"]["name"]]["dag"]["tasks"]
    assert set(nested) == {"exit-handler-1", "record-outcome"}


def test_what_decides_and_what_is_proposed_are_never_cached(specification: dict[str, Any]) -> None:
    graphs = [each["dag"]["tasks"] for each in specification["components"].values() if "dag" in each]
    tasks = [(name, task.get("cachingOptions", {})) for graph in graphs for name, task in graph.items()]
    cached = {name for name, options in tasks if options.get("enableCache")}
    assert cached == {"build-features", "validate-features", "build-training-set"}
    assert not {"decide-retraining", "propose-version", "judge-model"} & cached


def test_a_night_here_leaves_its_record_and_trains_nothing(tmp_path: Path) -> None:
    version, key = keep(tmp_path)
    serves = Placed(version.name, f"s3://models/pix-fraud/{version.name}/")
    git = make_repository(tmp_path, OVERLAY.replace(STABLE.name, serves.name))
    models, watched = tmp_path / "models", tmp_path / "watch"
    models.mkdir()
    (tmp_path / "versions").rename(models / "versions")
    watched.mkdir()
    (watched / "report.json").write_text(json.dumps({"versions": {}}))
    pipeline = load_pipeline("retrain_model")
    day = datetime.now(UTC).date() - timedelta(days=1)
    wanted = {"git": git, "input": tmp_path / "none.parquet", "environment": "laptop", "watched": watched,
              "ledger": tmp_path / "ledger", "models": models, "lake": tmp_path / "lake", "day": day,
              "signing_key": str(key).removesuffix(".pub"),
              "rules": _patient(tmp_path), "tracking_uri": f"sqlite:///{tmp_path / 'mlflow.db'}"}  # fmt: skip
    run = run_pipeline(
        pipeline, read_parameters(pipeline, [f"{k}={v}" for k, v in wanted.items()]), state=tmp_path / "state"
    )
    assert run.metrics["decide_retraining"] == {"train": 0, "runs_left": 4}
    (record,) = Ledger(tmp_path / "ledger").records()
    assert (record.day, record.champion, record.action) == (day, version.name, "wait")
    assert [step.name.removesuffix("_2") for step in run.steps] == ["decide_retraining", "record_outcome"]


def _patient(folder: Path) -> Path:
    path = folder / "rules.json"
    path.write_text(
        json.dumps({"max_age_days": {"value": 100_000, "reason": "the test's version was taught long ago"}})
    )
    return path
