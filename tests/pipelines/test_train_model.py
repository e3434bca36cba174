"""The graph of train_model as a KFP server gets it."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from pixguard.steps.runs.compile import compile_pipeline
from pixguard.steps.runs.definition import load_pipeline

ORDER = (
    "ingest-payments",
    "validate-payments",
    "build-features",
    "validate-features",
    "build-training-set",
    "train-model",
    "judge-model",
)


@pytest.fixture(scope="module")
def specification(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    path = compile_pipeline(load_pipeline("train_model"), tmp_path_factory.mktemp("compiled"))
    compiled: dict[str, Any] = next(yaml.safe_load_all(path.read_text()))
    return compiled


def tasks(specification: dict[str, Any], component: str) -> dict[str, Any]:
    part = specification["root"] if component == "root" else specification["components"][component]
    found: dict[str, Any] = part["dag"]["tasks"]
    return found


def test_each_step_waits_for_the_one_before(specification: dict[str, Any]) -> None:
    steps = tasks(specification, "comp-exit-handler-1")
    assert set(steps) == {*ORDER, "condition-2"}
    assert "dependentTasks" not in steps[ORDER[0]]
    for before, step in zip(ORDER, [*ORDER[1:], "condition-2"], strict=True):
        assert before in steps[step]["dependentTasks"]


def test_only_a_passed_verdict_lets_a_model_be_registered(specification: dict[str, Any]) -> None:
    gate = tasks(specification, "comp-exit-handler-1")["condition-2"]
    assert gate["triggerPolicy"]["condition"].endswith("== 'passed'")
    assert "judge-model" in gate["triggerPolicy"]["condition"]
    assert set(tasks(specification, "comp-condition-2")) == {"register-model"}


def test_how_the_run_ended_is_recorded_whatever_happened(specification: dict[str, Any]) -> None:
    record = tasks(specification, "root")["record-outcome"]
    assert record["triggerPolicy"]["strategy"] == "ALL_UPSTREAM_TASKS_COMPLETED"
    assert record["cachingOptions"] == {}


def test_only_steps_that_follow_from_their_inputs_alone_are_cached(specification: dict[str, Any]) -> None:
    steps = tasks(specification, "comp-exit-handler-1") | tasks(specification, "comp-condition-2")
    cached = {name for name, task in steps.items() if task.get("cachingOptions", {}).get("enableCache")}
    assert cached == {"build-features", "validate-features", "build-training-set"}


def test_a_failure_that_is_an_answer_is_not_tried_again(specification: dict[str, Any]) -> None:
    steps = tasks(specification, "comp-exit-handler-1") | tasks(specification, "comp-condition-2")
    assert {name for name, task in steps.items() if "retryPolicy" in task} == {
        "ingest-payments",
        "build-features",
        "train-model",
        "register-model",
    }


def test_every_box_has_a_title_and_a_size(specification: dict[str, Any]) -> None:
    everything = {**tasks(specification, "root"), **tasks(specification, "comp-exit-handler-1")}
    everything |= tasks(specification, "comp-condition-2")
    for name, task in everything.items():
        executor = specification["deploymentSpec"]["executors"].get(f"exec-{name}")
        assert task["taskInfo"]["name"] != name
        if executor:
            assert executor["container"]["resources"].keys() >= {"resourceCpuLimit", "resourceMemoryLimit"}


def test_the_pipeline_fits_on_a_whiteboard() -> None:
    pipelines = Path(__file__).parents[2] / "pipelines"
    for path in pipelines.glob("*.py"):
        assert len(path.read_text().splitlines()) <= 80, path.name
