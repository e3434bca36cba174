"""A torch model on disk: weights for training on, ONNX for serving, each written whole or not at all."""

from __future__ import annotations

import io
import logging
import os
import pickle
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from pixguard.errors import PixguardError
from pixguard.model import FraudModel, ModelConfig

ONNX_OPSET = 18
# The first warns that torchvision is absent, the others tell of every rewrite that they make or leave.
QUIET = ("torch.onnx._internal.exporter._registration", "onnx_ir", "onnxscript")


class WeightsError(PixguardError):
    """A file of weights that cannot be read, or that belongs to another version of the model."""


class _Scorer(nn.Module):
    def __init__(self, model: FraudModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, features: Tensor) -> Tensor:
        return torch.sigmoid(self.model(features))


def save_model(model: FraudModel, path: Path) -> None:
    """Write weights and sizes atomically."""
    content = {
        "features": model.features,
        "edges": model.edges,
        "config": asdict(model.config),
        "weights": {name: value.cpu() for name, value in model.state_dict().items()},
    }
    save_atomically(content, path)


def load_model(path: Path) -> FraudModel:
    """Return the model that `save_model` wrote, on the CPU, ready to score; WeightsError on anything else."""
    content = load_saved(path)
    try:
        model = FraudModel(content["features"], ModelConfig(**content["config"]), content["edges"])
        model.load_state_dict(content["weights"])
    except (KeyError, TypeError, RuntimeError) as error:
        raise WeightsError(f"{path}: holds other weights than this version reads ({error}); train again") from error
    return model.eval()


def export_onnx(model: FraudModel, path: Path) -> None:
    """Write the model for serving: input `features` float32 [rows, features], output `score` float32 [rows] in [0, 1].

    Transforms, prior correction and sigmoid are inside the graph; numerically equal to `FraudModel.score`.
    """
    export_graph(_Scorer(model.cpu()).eval(), model.features, ("score",), path)


def export_graph(
    graph: nn.Module, features: int, outputs: Sequence[str], path: Path, *, rows: int | None = None
) -> None:
    """Write a module that reads float32 [rows, features] as ONNX, with the input `features` and named outputs.

    Any number of rows, or the one that is given: a graph of known shapes has fewer nodes.
    """
    example = (torch.zeros(rows or 2, features),)
    with _quiet_exporter():
        program = torch.onnx.export(
            graph,
            example,
            input_names=["features"],
            output_names=list(outputs),
            dynamic_shapes=None if rows else ({0: torch.export.Dim("rows", min=1)},),
            opset_version=ONNX_OPSET,
            dynamo=True,
            verbose=False,
        )
    if program is None:
        raise WeightsError("torch returned no ONNX program")
    write_atomically(program.model_proto.SerializeToString(), path)


@contextmanager
def _quiet_exporter() -> Iterator[None]:
    """Keep back what torch's exporter says of its own insides: nobody who trains a model can act on it."""
    loggers = [logging.getLogger(name) for name in QUIET]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", category=FutureWarning)
            warnings.filterwarnings("ignore", category=DeprecationWarning)
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def save_atomically(content: dict[str, Any], path: Path) -> None:
    """Write tensors and plain values so that a killed writer leaves the old file or the new one."""
    buffer = io.BytesIO()
    torch.save(content, buffer)
    write_atomically(buffer.getvalue(), path)


def load_saved(path: Path) -> dict[str, Any]:
    """Return what `save_atomically` wrote, on the CPU; nothing in the file is run. WeightsError where it is broken."""
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, EOFError, ValueError, pickle.UnpicklingError) as error:
        raise WeightsError(f"{path}: cannot be read ({error}); remove it and train again") from error
    if not isinstance(content, dict):
        raise WeightsError(f"{path}: holds a {type(content).__name__}, wanted a saved model; train again")
    return content


def write_atomically(content: bytes, path: Path) -> None:
    """Write bytes beside `path`, wait for the disk, then rename over it."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with beside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
