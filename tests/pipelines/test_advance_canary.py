"""The graph of advance_canary as a KFP server gets it, and one run of it here."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

from pixguard import overlay
from pixguard.steps.runs.compile import compile_pipeline
from pixguard.steps.runs.definition import load_pipeline, read_parameters
from pixguard.steps.runs.local import run_pipeline
from tests.evidence.test_plane import Answers
from tests.release.repository import OTHER, OVERLAY, make_repository, shown


@pytest.fixture(scope="module")
def specification(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    path = compile_pipeline(load_pipeline("advance_canary"), tmp_path_factory.mktemp("compiled"))
    compiled: dict[str, Any] = next(yaml.safe_load_all(path.read_text()))
    return compiled


def test_one_step_whose_end_is_recorded_and_which_is_never_cached(specification: dict[str, Any]) -> None:
    (task,) = specification["components"]["comp-exit-handler-1"]["dag"]["tasks"].values()
    assert task["taskInfo"]["name"] == "Advance canary"
    assert not task.get("cachingOptions", {}).get("enableCache")
    record = specification["root"]["dag"]["tasks"]["record-outcome"]
    assert record["triggerPolicy"]["strategy"] == "ALL_UPSTREAM_TASKS_COMPLETED"


def test_the_release_secret_reaches_the_step_alone(tmp_path: Path) -> None:
    path = compile_pipeline(load_pipeline("advance_canary"), tmp_path)
    platform = list(yaml.safe_load_all(path.read_text()))[1]["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    secrets = {name: [each["secretName"] for each in one.get("secretAsEnv", [])] for name, one in platform.items()}
    assert secrets == {"exec-advance-canary": ["pixguard-release"], "exec-record-outcome": []}


@pytest.fixture
def prometheus() -> Iterator[Answers]:
    running = Answers()

    def answer(path: str) -> dict[str, Any]:
        ready = "pixguard_ready" in parse_qs(urlsplit(path).query)["query"][0]
        result = [{"metric": {"version": OTHER.name}, "value": [0, "1"]}] if ready else []
        return {"status": "success", "data": {"resultType": "vector", "result": result}}

    running.body = answer
    yield running
    running.stop()


def test_a_run_without_traffic_holds_and_changes_nothing(tmp_path: Path, prometheus: Answers) -> None:
    text = overlay.propose(OVERLAY, OTHER)
    bare = make_repository(tmp_path, text)
    pipeline = load_pipeline("advance_canary")
    wanted = {"git": str(bare), "environment": "laptop", "prometheus": prometheus.url, "lake": str(tmp_path / "lake"),
              "decisions": "", "labels": "", "journal": str(tmp_path / "journal")}  # fmt: skip
    parameters = read_parameters(pipeline, [f"{name}={value}" for name, value in wanted.items()])
    run = run_pipeline(pipeline, parameters, state=tmp_path / "state")
    assert run.metrics["advance_canary"] == {"percent": 0}
    assert shown(bare) == text
    (record,) = (tmp_path / "lake" / "runs").glob("*.json")
    assert json.loads(record.read_text())["state"] == "SUCCEEDED"
