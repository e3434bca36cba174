"""A real ONNX file in milliseconds: a logistic regression of three features."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

EXAMPLE = np.array([[1, 2, 3], [0, 0, 0]], dtype=np.float32)


def write_onnx(path: Path) -> Path:
    weights = numpy_helper.from_array(np.array([[0.5], [-1.0], [0.25]], dtype=np.float32), "weights")
    nodes = [
        helper.make_node("MatMul", ["features", "weights"], ["log_odds"]),
        helper.make_node("Sigmoid", ["log_odds"], ["score"]),
    ]
    graph = helper.make_graph(
        nodes,
        "score",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["rows", 3])],
        [helper.make_tensor_value_info("score", TensorProto.FLOAT, ["rows", 1])],
        [weights],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10)
    onnx.save(model, str(path))
    return path
