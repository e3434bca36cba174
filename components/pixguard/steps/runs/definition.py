"""Find a pipeline's definition by name, and read its parameters from the command line."""

import importlib.util
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pixguard
from pixguard.steps.runs.errors import PipelineNotFoundError, PipelineParameterError

Parameters = dict[str, Any]

# KFP's names of parameter types → the types that JSON gives for them; a string is taken as it stands.
_PYTHON_TYPES: dict[str, tuple[type, ...]] = {
    "Integer": (int,),
    "Float": (int, float),
    "Boolean": (bool,),
    "Dict": (dict,),
    "List": (list,),
}


def pipeline_folders() -> tuple[Path, ...]:
    """Where pipelines are looked for: below the working directory, then in the source tree of this package."""
    return Path.cwd() / "pipelines", Path(pixguard.__file__).resolve().parents[2] / "pipelines"


def pipeline_names() -> tuple[str, ...]:
    """Names of all pipelines at hand, sorted."""
    files = (path for folder in pipeline_folders() for path in folder.glob("[!_]*.py"))
    return tuple(sorted({path.stem for path in files}))


def load_pipeline(name: str) -> Any:
    """The KFP pipeline `name`: the object of that name in pipelines/<name>.py, or in the file that `name` is.

    Raises PipelineNotFoundError.
    """
    path = _pipeline_file(name)
    module_name = f"pixguard_pipelines.{path.stem}"
    spec = importlib.util.spec_from_file_location(module_name, path)
    if spec is None or spec.loader is None:
        raise PipelineNotFoundError(f"{path} is not a Python file; a pipeline is a file pipelines/<name>.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    spec.loader.exec_module(module)
    pipeline = getattr(module, path.stem, None)
    if pipeline is None or not hasattr(pipeline, "pipeline_spec"):
        raise PipelineNotFoundError(
            f"{path} defines no KFP pipeline named {path.stem}; name the function like its file"
        )
    return pipeline


def read_parameters(pipeline: Any, pairs: Sequence[str]) -> Parameters:
    """Values of `pipeline`'s parameters from pairs "name=value", each of the type that the pipeline declares.

    Raises PipelineParameterError for an unknown, malformed or missing parameter.
    """
    inputs: Mapping[str, Any] = pipeline.component_spec.inputs or {}
    parameters: Parameters = {}
    for pair in pairs:
        name, separator, text = pair.partition("=")
        if not separator:
            raise PipelineParameterError(f"{pair!r} is not of the form name=value")
        if name not in inputs:
            raise PipelineParameterError(f"{pipeline.name} takes no parameter {name!r}; it takes {', '.join(inputs)}")
        parameters[name] = _value(name, text, inputs[name].type)
    missing = [name for name, given in inputs.items() if not given.optional and name not in parameters]
    if missing:
        wanted = " ".join(f"--param {name}=…" for name in missing)
        raise PipelineParameterError(f"{pipeline.name} needs {', '.join(missing)}; add {wanted}")
    return parameters


def read_gpus(pairs: Sequence[str]) -> dict[str, int]:
    """GPUs by step from pairs "step=count"; PipelineParameterError for anything else."""
    gpus = {}
    for pair in pairs:
        step, _, count = pair.partition("=")
        if not step or not count.isdecimal() or int(count) < 1:
            raise PipelineParameterError(f"{pair!r} is not of the form step=count, such as train_model=1")
        gpus[step] = int(count)
    return gpus


def _pipeline_file(name: str) -> Path:
    candidates = [Path(name)] if name.endswith(".py") else [folder / f"{name}.py" for folder in pipeline_folders()]
    for path in candidates:
        if path.is_file():
            return path
    known = ", ".join(pipeline_names()) or "none here"
    raise PipelineNotFoundError(f"no pipeline {name!r}; known: {known}; or give the path of a .py file")


def _value(name: str, text: str, kind: str) -> Any:
    if kind == "String":
        return text
    try:
        value = json.loads(text.lower() if kind == "Boolean" else text)
    except json.JSONDecodeError as error:
        raise PipelineParameterError(f"{name}={text!r} is not of type {kind}") from error
    if type(value) not in _PYTHON_TYPES[kind]:
        raise PipelineParameterError(f"{name}={text!r} is not of type {kind}")
    return float(value) if kind == "Float" else value
