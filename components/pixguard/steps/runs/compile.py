"""Compile a pipeline into the YAML that a KFP server takes."""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from kfp import compiler

from pixguard.errors import UsageError

GPU, GPU_NODES = "nvidia.com/gpu", {"nvidia.com/gpu.present": "true"}


def compile_pipeline(
    pipeline: Any, folder: Path, *, registry: str = "", caching: bool = True, gpus: Mapping[str, int] | None = None
) -> Path:
    """Write `pipeline` to <folder>/<name>.yaml, atomically and the same for the same definition; returns the path.

    With `registry` (such as "registry.example.com/risk") every image is taken from there; without `caching` no step's
    earlier result is reused; `gpus` gives steps, by name, so many GPUs on nodes that have some.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{pipeline.pipeline_func.__name__}.yaml"
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        draft = Path(scratch) / path.name
        compiler.Compiler().compile(pipeline, str(draft))
        documents = list(yaml.safe_load_all(draft.read_text("utf-8")))
        if registry:
            _take_images_from(registry, documents[0])
        if not caching:
            _switch_caching_off(documents[0])
        for step, count in (gpus or {}).items():
            _put_on_gpus(step, count, documents)
        with draft.open("w", encoding="utf-8") as file:
            yaml.safe_dump_all(documents, file, sort_keys=True, width=120)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    return path


def _take_images_from(registry: str, specification: dict[str, Any]) -> None:
    for executor in specification["deploymentSpec"]["executors"].values():
        executor["container"]["image"] = f"{registry.rstrip('/')}/{executor['container']['image']}"


def _put_on_gpus(step: str, count: int, documents: list[dict[str, Any]]) -> None:
    """Ask for GPUs in the specification, and for their nodes in the part that is Kubernetes' own."""
    specification = documents[0]
    if len(documents) == 1:
        documents.append({"platforms": {"kubernetes": {"deploymentSpec": {"executors": {}}}}})
    executor = f"exec-{step.replace('_', '-')}"
    try:
        container = specification["deploymentSpec"]["executors"][executor]["container"]
    except KeyError:
        raise UsageError(f"no step of the pipeline is called {step!r}; `pixguard compile` shows their names") from None
    container.setdefault("resources", {})["accelerator"] = {"resourceType": GPU, "resourceCount": str(count)}
    placed = documents[1]["platforms"]["kubernetes"]["deploymentSpec"]["executors"].setdefault(executor, {})
    placed["nodeSelector"] = {"labels": dict(GPU_NODES)}
    placed["tolerations"] = [{"key": GPU, "operator": "Exists", "effect": "NoSchedule"}]


def _switch_caching_off(specification: dict[str, Any]) -> None:
    """Take the permission to cache from every task: the SDK's own switch overlooks tasks below an exit handler."""
    for component in (specification["root"], *specification["components"].values()):
        for task in component.get("dag", {}).get("tasks", {}).values():
            task.pop("cachingOptions", None)
