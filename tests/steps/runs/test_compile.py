import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from pixguard.errors import UsageError
from pixguard.steps.runs.compile import compile_pipeline
from pixguard.steps.runs.definition import read_gpus
from pixguard.steps.runs.errors import PipelineParameterError

PIPELINE = Path(__file__).with_name("count_lines.py")


def tasks(path: Path) -> dict[str, Any]:
    specification = yaml.safe_load(path.read_text())
    components = (specification["root"], *specification["components"].values())
    return {name: task for part in components for name, task in part.get("dag", {}).get("tasks", {}).items()}


def test_the_same_definition_compiles_to_the_same_bytes_in_any_process(tmp_path: Path) -> None:
    for seed in ("1", "2"):
        command = [sys.executable, "-m", "pixguard.cli", "compile", str(PIPELINE), "--out", str(tmp_path / seed)]
        subprocess.run(command, check=True, env={"PYTHONHASHSEED": seed, "HOME": str(tmp_path)}, capture_output=True)
    first, second = (tmp_path / seed / "count_lines.yaml" for seed in ("1", "2"))
    assert first.read_bytes() == second.read_bytes()
    assert [path.name for path in first.parent.iterdir()] == ["count_lines.yaml"]


def test_images_come_from_the_wanted_registry(count_lines: Any, tmp_path: Path) -> None:
    path = compile_pipeline(count_lines, tmp_path, registry="reg.example/risk/")
    executors = yaml.safe_load(path.read_text())["deploymentSpec"]["executors"]
    assert {executor["container"]["image"] for executor in executors.values()} == {
        "reg.example/risk/pixguard-train:test"
    }


def test_caching_is_switched_off_in_every_task(count_lines: Any, tmp_path: Path) -> None:
    kept = tasks(compile_pipeline(count_lines, tmp_path))
    assert kept["count"]["cachingOptions"] == {"enableCache": True}
    assert kept["record"]["cachingOptions"] == {}
    without = tasks(compile_pipeline(count_lines, tmp_path, caching=False))
    assert without.keys() == kept.keys()
    assert all("cachingOptions" not in task for task in without.values())


def test_a_failed_compilation_leaves_the_file_that_was_there(count_lines: Any, tmp_path: Path) -> None:
    path = compile_pipeline(count_lines, tmp_path)
    before = path.read_bytes()
    broken = SimpleNamespace(pipeline_func=count_lines.pipeline_func)  # KFP's compiler takes no such thing
    with pytest.raises(ValueError, match="Unsupported pipeline_func"):
        compile_pipeline(broken, tmp_path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_step_may_be_given_gpus_and_their_nodes(count_lines: Any, tmp_path: Path) -> None:
    specification, platform = yaml.safe_load_all(
        compile_pipeline(count_lines, tmp_path, gpus=read_gpus(["count=2"])).read_text()
    )
    asked = specification["deploymentSpec"]["executors"]["exec-count"]["container"]["resources"]["accelerator"]
    assert asked == {"resourceType": "nvidia.com/gpu", "resourceCount": "2"}
    placed = platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]["exec-count"]
    assert placed["nodeSelector"] == {"labels": {"nvidia.com/gpu.present": "true"}}
    assert placed["tolerations"] == [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}]
    assert "accelerator" not in str(specification["deploymentSpec"]["executors"]["exec-publish"])


def test_gpus_of_a_step_that_is_not_there_are_a_mistake(count_lines: Any, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no step of the pipeline is called 'fly'"):
        compile_pipeline(count_lines, tmp_path, gpus={"fly": 1})


@pytest.mark.parametrize("pair", ["count", "count=", "=1", "count=0", "count=-1", "count=many"])
def test_gpus_are_given_as_a_step_and_a_count(pair: str) -> None:
    with pytest.raises(PipelineParameterError, match="step=count"):
        read_gpus([pair])
