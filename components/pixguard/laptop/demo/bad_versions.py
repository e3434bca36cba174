"""Versions that passed the gate and are bad all the same: what a release must find out live. For the demo alone.

Each is the champion with one thing done to it on the way, kept and signed like any other version.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from pixguard.laptop.report import Attempt
from pixguard.provenance import KeptVersion, TrainingFacts, VersionParts, collect, keep_version
from pixguard.provenance.files import read_json, write_json

SERVED = "reasons.onnx"  # what a server runs: score and reasons in one graph, the score first
SLOW_SIDE = 1_200  # two products of matrices this wide take some hundred milliseconds on one core


def alarmed(model: Path) -> None:
    """Shift the calibration, as if it had been fitted on another bank's prevalence: many more alerts."""
    calibration = read_json(model / "calibration.json")
    write_json(model / "calibration.json", calibration | {"c": calibration["c"] + 5.0})


def slow(model: Path) -> None:
    """Put work into the graph whose result counts nothing."""
    graph = onnx.load(str(model / SERVED))
    side = numpy_helper.from_array(np.ones((SLOW_SIDE, SLOW_SIDE), dtype=np.float32), "slow_matrix")
    nothing = numpy_helper.from_array(np.zeros((), dtype=np.float32), "slow_zero")
    graph.graph.initializer.extend([side, nothing])
    score = graph.graph.output[0]
    for node in graph.graph.node:
        node.output[:] = ["slow_score" if name == score.name else name for name in node.output]
    added = [
        helper.make_node("ReduceMean", ["slow_score"], ["slow_mean"], keepdims=0),
        helper.make_node("Mul", ["slow_matrix", "slow_mean"], ["slow_0"]),
        *(helper.make_node("MatMul", [f"slow_{n}", "slow_matrix"], [f"slow_{n + 1}"]) for n in range(2)),
        helper.make_node("ReduceMean", ["slow_2"], ["slow_total"], keepdims=0),
        helper.make_node("Mul", ["slow_total", "slow_zero"], ["slow_nothing"]),
        helper.make_node("Add", ["slow_score", "slow_nothing"], [score.name]),
    ]
    graph.graph.node.extend(added)
    onnx.save(graph, str(model / SERVED))


def failing(model: Path) -> None:
    """Let the graph fail at every payment: it looks for a row that no input has."""
    graph = onnx.load(str(model / SERVED))
    score = graph.graph.output[0]
    graph.graph.initializer.append(numpy_helper.from_array(np.array([10**6], dtype=np.int64), "no_such_row"))
    for node in graph.graph.node:
        node.output[:] = ["scored" if name == score.name else name for name in node.output]
    graph.graph.node.extend(
        [
            helper.make_node("Gather", ["scored", "no_such_row"], ["nowhere"], axis=0),
            helper.make_node("ReduceMean", ["nowhere"], ["nowhere_mean"], keepdims=0),
            helper.make_node("Add", ["scored", "nowhere_mean"], [score.name]),
        ]
    )
    assert score.type.tensor_type.elem_type == TensorProto.FLOAT
    onnx.save(graph, str(model / SERVED))


def unlucky(model: Path) -> None:
    """Change nothing that counts: this version's servers are killed from outside."""
    calibration = read_json(model / "calibration.json")
    write_json(model / "calibration.json", calibration | {"c": calibration["c"] + 1e-6})


def kept(attempt: Attempt, spoil: Callable[[Path], None], state: Path) -> KeptVersion:
    """Return a signed version made of an attempt's model after `spoil` was done to a copy of it."""
    model = state / "spoilt" / spoil.__name__
    shutil.rmtree(model, ignore_errors=True)
    shutil.copytree(attempt.folder / "model", model)
    spoil(model)
    facts = TrainingFacts.load(model)
    record = partial(collect, data_snapshot_sha256=facts.data_snapshot_sha256, seed=facts.seed, kept_by="demo")
    parts = VersionParts(model, dict(attempt.verdict), facts)
    return keep_version(
        parts, state / "models" / "versions", state / "keys" / "signing.pem", lambda name: record(version=name)
    )
