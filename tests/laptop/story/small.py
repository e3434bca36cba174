"""A small world without Spark: the model reads what the payment itself says, and nothing of the past."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import yaml

from pixguard.features import PIX
from pixguard.laptop.story.world import Plan, World
from pixguard.payment import PAYMENT_SCHEMA
from pixguard.simulate import simulate

PLAN = Plan(per_day=500, history_days=30, days=12, new_day=4, share=0.6, prevalence=0.08, seed=3)
PLAIN = replace(PIX, aggregates=(), request=tuple(r for r in PIX.request if set(r.inputs) <= set(PAYMENT_SCHEMA.names)))
SCHOOL: dict[str, Any] = {"maturity_days": 3, "judge_days": 2, "train_days": 24, "epochs": 16}
LENIENT = {
    "min_frauds": 5, "floor_ap_lift": 1.0, "floor_roc_auc": 0.5, "floor_recall_fpr_1pct": 0.0, "ap_ceiling": 1.0,
    "calibration_error": 50.0, "cohort_min_frauds": 10_000, "latency_p99_ms": 10_000.0, "champion_ap_loss": 1.0,
    "champion_ap_gain": -1.0, "champion_value_loss": 1.0, "champion_recall_loss": 1.0, "resamples": 60, "level": 0.9999,
}  # fmt: skip


def lenient(folder: Path) -> Path:
    path = folder / "gate.yaml"
    path.write_text(yaml.safe_dump({name: {"value": v, "reason": "a test's world"} for name, v in LENIENT.items()}))
    return path


def small_world(plan: Plan = PLAN) -> World:
    made = simulate(plan.config)
    columns = {name: _numbers(made.payments[name]) for name in PLAIN.payment_columns}
    x_rf = PLAIN.vector(columns)
    inputs = {name: pa.array(x_rf[:, place]) for place, name in enumerate(PLAIN.names)}
    own = {name: made.payments[name] for name in PAYMENT_SCHEMA.names if name not in inputs}
    truth = made.truth
    return World(
        plan,
        made.payments,
        made.labels,
        pa.table(own | inputs),
        truth["is_fraud"].to_numpy(),
        pc.fill_null(truth["hop"], -1).to_numpy().astype(np.int64),
    )


def _numbers(column: pa.ChunkedArray) -> Any:
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.int64())
    elif pa.types.is_boolean(column.type):
        column = column.cast(pa.int8())
    return column.to_numpy()
