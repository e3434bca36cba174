"""Judged rows for the tests of the gate: a month of payments whose models are as good as one asks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from pixguard.gate import Bound, Evidence, GateRules

TRAINED_UNTIL = np.datetime64("2025-05-31T23:59:59")
FAST = replace(GateRules(), resamples=Bound(60, "a test wants to be quick"))


def logistic(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def evidence(rows: int = 20_000, seed: int = 0, **changes: Any) -> Evidence:
    """A calibrated challenger, a baseline a little worse, no champion, and clean facts."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(-6.5, 2.5, rows)
    y = rng.random(rows) < logistic(truth)
    facts: dict[str, Any] = {
        "y": y,
        "probability": logistic(truth),
        "amount_centavos": rng.integers(100, 500_000, rows),
        "payer": np.array([f"k1.{i:032x}" for i in rng.integers(0, rows // 4, rows)]),
        "event_time": TRAINED_UNTIL + rng.integers(1, 28 * 86_400, rows).astype("timedelta64[s]"),
        "baseline": truth + rng.normal(0, 0.7, rows),
        "cohorts": {"key_type": rng.choice(["CPF", "EVP", "none"], rows, p=[0.5, 0.49, 0.01])},
        "trained_until": TRAINED_UNTIL,
        "train_overlap_rows": 0,
        "labels_before_event": 0,
        "latency_p99_ms": 0.4,
        "feature_auc": {"payee_received_count_24h": 0.81},
        "feature_importance": {"payee_received_count_24h": 0.3, "hour": 0.3, "amount": 0.4},
    }
    return Evidence(**(facts | changes))


def log_odds(p: np.ndarray) -> np.ndarray:
    return np.log(p / (1 - p))
