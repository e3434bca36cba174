"""A kept and signed version whose reference a test chose, and a log of its decisions."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from pixguard.calibration import Calibration
from pixguard.dataset import Rows, reference_distributions
from pixguard.decision_log import names_sha256
from pixguard.drift.measures import score_distribution
from pixguard.policy import Policy
from pixguard.provenance import KeptVersion, Provenance, VersionParts, collect, keep_version
from tests.outcomes.log import decision
from tests.release.versions import FACTS

INPUTS = ("log_amount", "local_hour", "payer_sent_count_24h")


def inputs_of(rng: np.random.Generator, rows: int, moved: float = 0.0) -> np.ndarray:
    return np.stack(
        [rng.normal(5, 1, rows), rng.integers(0, 24, rows), rng.poisson(3 + moved, rows)], axis=1
    ).astype(np.float32)  # fmt: skip


def keep(folder: Path, weights: bytes = b"weights") -> tuple[KeptVersion, Path]:
    model = folder / "model"
    model.mkdir(parents=True)
    for name in ("model.onnx", "model.pt", "reasons.onnx"):
        (model / name).write_bytes(weights)
    rng = np.random.default_rng(5)
    x_rf, size = inputs_of(rng, 5_000), 5_000
    rows = Rows(np.empty(size, object), np.empty(size, object), np.zeros(size, "datetime64[us]"), x_rf,
                np.zeros(size, bool))  # fmt: skip
    reference = reference_distributions(rows, INPUTS)
    reference["score"] = score_distribution(rng.beta(1, 60, size))
    service = {"name": "fraud_pix", "feature_set": "pix", "references": [], "inputs": INPUTS, "left_out": []}
    parts: dict[str, Any] = {
        "feature_service": service,
        "policy": Policy().to_json(),
        "reference": reference,
        "calibration": Calibration(1.0, 1.0, 0.0, rows=1000, frauds=50).to_json(),
    }  # fmt: skip
    for name, content in parts.items():
        (model / f"{name}.json").write_text(json.dumps(content))
    verdict = {"passed": True, "outcome": "passed", "rows": 1, "frauds": 1, "metrics": {}, "cohorts": [], "checks": []}

    def record(version: str) -> Provenance:
        return collect(version=version, data_snapshot_sha256="ab" * 32, seed=7, kept_by="tester")

    return keep_version(
        VersionParts(model, verdict, FACTS), folder / "versions", folder / "key", record
    ), folder / "key.pub"


def day_of(version: str, day: datetime, *, rows: int = 600, moved: float = 0.0, first: int = 0) -> list[dict[str, Any]]:
    """A day's decisions, as the predictor would have logged them."""
    rng = np.random.default_rng(day.toordinal())
    values, scores = inputs_of(rng, rows, moved), rng.beta(1, 60, rows)
    digest = names_sha256(INPUTS)
    return [
        decision(
            first + n,
            day + timedelta(seconds=86_000 * n / rows),
            version=version,
            probability=float(scores[n]),
            score=float(scores[n]),
            decision="hold" if scores[n] > 0.08 else "approve",
            features={"names_sha256": digest, "values": values[n].tolist()},
            payment={"key_type": ("CPF", "EVP")[n % 2], "payer_region": "SP"},
        )
        for n in range(rows)
    ]
