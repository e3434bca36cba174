"""Every step is the job of its name and no more."""

import ast
import importlib
import inspect
from pathlib import Path

import pytest

import pixguard.steps

FOLDER = Path(pixguard.steps.__file__).parent
HELPERS = {"__init__", "component", "numbers", "placement"}
STEPS = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem not in HELPERS)


def body(step: str) -> ast.FunctionDef:
    """The function that KFP copies as text into the component."""
    (function,) = [node for node in ast.parse(source(step)).body if isinstance(node, ast.FunctionDef)]
    return function


def source(step: str) -> str:
    return (FOLDER / f"{step}.py").read_text()


def test_the_pipeline_has_all_its_steps() -> None:
    wanted = {"ingest_payments", "validate_payments", "build_features", "validate_features", "build_training_set"}
    assert set(STEPS) >= wanted | {"train_model", "judge_model", "register_model", "record_outcome"}


@pytest.mark.parametrize("step", STEPS)
def test_a_step_has_the_name_of_its_job_and_is_short(step: str) -> None:
    assert body(step).name == step
    assert f"from pixguard.jobs import {step} as job\n" in source(step)
    assert len(source(step).splitlines()) <= 40


@pytest.mark.parametrize("step", STEPS)
def test_a_step_calls_its_job_once_with_keywords_that_the_job_takes(step: str) -> None:
    calls = [
        node for node in ast.walk(body(step)) if isinstance(node, ast.Call) and ast.unparse(node.func) == "job.run"
    ]
    (call,) = calls
    assert not call.args
    job = importlib.import_module(f"pixguard.jobs.{step}")
    inspect.signature(job.run).bind(**{keyword.arg: None for keyword in call.keywords if keyword.arg})


@pytest.mark.parametrize("step", STEPS)
def test_a_step_decides_nothing(step: str) -> None:
    logic = (ast.If, ast.For, ast.While, ast.Try, ast.Raise)
    assert not [node for node in ast.walk(body(step)) if isinstance(node, logic)]


@pytest.mark.parametrize("step", STEPS)
def test_a_step_installs_nothing_and_runs_on_our_image(step: str) -> None:
    component = getattr(importlib.import_module(f"pixguard.steps.{step}"), step)
    container = component.component_spec.implementation.container
    assert container.image.startswith(("pixguard-spark:", "pixguard-train:"))
    assert "pip install" not in " ".join([*container.command, *container.args])
