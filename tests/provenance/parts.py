"""A trained model's files for the tests: small, but every one of them real in form."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pixguard.calibration import Calibration
from pixguard.provenance import Provenance, TrainingFacts, VersionParts, collect

VERDICT: dict[str, Any] = {
    "passed": True,
    "outcome": "passed",
    "rows": 20_000,
    "frauds": 116,
    "metrics": {
        "challenger": {
            "average_precision": {"estimate": 0.61, "low": 0.55, "high": 0.67, "level": 0.95, "resamples": 500},
            "card_precision_at_100": {"estimate": 0.02, "low": 0.02, "high": 0.02, "level": 0.0, "resamples": 0},
        },
        "baseline": {"average_precision": {"estimate": 0.6, "low": 0.5, "high": 0.66, "level": 0.95, "resamples": 500}},
    },
    "cohorts": [
        {"column": "key_type", "value": "EVP", "rows": 900, "frauds": 4, "outcome": "undecided", "interval": None}
    ],
    "checks": [{"name": "ap_ceiling", "outcome": "passed", "value": 0.61, "bound": 0.95, "reason": "a | b"}],
}
FACTS = TrainingFacts(
    title="Pix fraud",
    data="simulated payments",
    data_snapshot_sha256="ab" * 32,
    seed=7,
    training_from="2025-01-01T00:00:00+00:00",
    training_until="2025-03-01T00:00:00+00:00",
    training_rows=123_456,
    training_frauds=789,
    model="Two-layer network",
    features=["payer_sent_count_24h", "hour"],
    features_left_out={"device_sent_count_24h": "the data set has no device_id"},
)


def model_folder(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "model.onnx").write_bytes(b"onnx weights" * 1000)
    (folder / "model.pt").write_bytes(b"torch weights" * 1000)
    (folder / "reasons.onnx").write_bytes(b"onnx reasons" * 1000)
    calibration = Calibration(1.0, 1.0, -3.0, rows=1000, frauds=50)
    (folder / "calibration.json").write_text(json.dumps(calibration.to_json()))
    for name in ("feature_service", "policy", "reference"):
        (folder / f"{name}.json").write_text(json.dumps({"name": name}))
    return folder


def parts(folder: Path) -> VersionParts:
    return VersionParts(model_folder(folder), VERDICT, FACTS)


def record(version: str) -> Provenance:
    return collect(version=version, data_snapshot_sha256="ab" * 32, seed=7, kept_by="tester")
