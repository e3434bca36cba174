"""A judged world on disk: what train_model leaves, scored later rows, training rows."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pyarrow as pa
import pyarrow.parquet as pq
from onnx import TensorProto, helper, numpy_helper

from pixguard.calibration import Calibration
from pixguard.provenance import TrainingFacts

TRAINED_UNTIL = np.datetime64("2025-05-31T23:59:59", "us")
QUICK_RULES = {"resamples": {"value": 60, "reason": "a test wants to be quick"}}


@dataclass(frozen=True)
class World:
    scored: Path
    model: Path
    training_rows: Path
    rules: Path
    input_example: Path


def write_world(root: Path, *, rows: int = 20_000, skill: float = 1.0, weight: float = 0.5, **facts: Any) -> World:
    """`skill` is the share of the truth that the challenger sees."""
    root.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(3)
    truth = rng.normal(-6.5, 2.5, rows)
    y = rng.random(rows) < 1 / (1 + np.exp(-truth))
    seen = skill * truth + (1 - skill) * rng.normal(-6.5, 2.5, rows)
    when = TRAINED_UNTIL + rng.integers(1, 28 * 86_400, rows).astype("timedelta64[s]")
    table = pa.table(
        {
            "end_to_end_id": [f"E{i:031d}" for i in range(rows)],
            "payer_id": [f"k1.{i:032x}" for i in rng.integers(0, rows // 4, rows)],
            "event_time": pa.array(when, pa.timestamp("us")).cast(pa.timestamp("us", "UTC")),
            "amount_centavos": rng.integers(100, 900_000, rows),
            "is_fraud": y,
            "known_at": pa.array(when + np.timedelta64(7, "D"), pa.timestamp("us")).cast(pa.timestamp("us", "UTC")),
            "challenger_score": 1 / (1 + np.exp(-seen)),
            "baseline_score": truth + rng.normal(0, 0.7, rows),
            "key_type": rng.choice(["CPF", "EVP"], rows),
        }
    )
    pq.write_table(table, root / "scored.parquet")
    pq.write_table(pa.table({"end_to_end_id": [f"T{i:031d}" for i in range(100)]}), root / "training.parquet")
    (root / "rules.json").write_text(json.dumps(QUICK_RULES))
    np.savez(root / "example.npz", features=np.ones((2, 3), dtype=np.float32))
    model = write_model(root / "model", weight, **facts)
    return World(root / "scored.parquet", model, root / "training.parquet", root / "rules.json", root / "example.npz")


def write_model(folder: Path, weight: float, **changes: Any) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["features", "weights"], ["sum"]), helper.make_node("Sigmoid", ["sum"], ["score"])],
        "score",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["rows", 3])],
        [helper.make_tensor_value_info("score", TensorProto.FLOAT, ["rows", 1])],
        [numpy_helper.from_array(np.full((3, 1), weight, dtype=np.float32), "weights")],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10)
    onnx.save(made, str(folder / "model.onnx"))
    (folder / "model.pt").write_bytes(b"weights for torch")
    (folder / "reasons.onnx").write_bytes(b"reasons of the weights")
    calibration = Calibration(1.0, 1.0, 0.0, rows=1000, frauds=50)
    (folder / "calibration.json").write_text(json.dumps(calibration.to_json()))
    for name in ("feature_service", "policy", "reference"):
        (folder / f"{name}.json").write_text(json.dumps({"name": name}))
    facts: dict[str, Any] = {
        "title": "Pix fraud",
        "data": "simulated payments",
        "data_snapshot_sha256": "ab" * 32,
        "seed": 3,
        "model": "Logistic regression",
        "training_from": "2025-03-01T00:00:00+00:00",
        "training_until": "2025-05-31T23:59:59+00:00",
        "training_rows": 100,
        "training_frauds": 9,
        "features": ["a", "b", "c"],
        "feature_auc": {"a": 0.8},
        "feature_importance": {"a": 0.4, "b": 0.3, "c": 0.3},
        "latency_p99_ms": 0.5,
        "parameters": {"learning_rate": 0.01},
    }
    (folder / "training.json").write_text(json.dumps(TrainingFacts(**(facts | changes)).to_json()))
    return folder
