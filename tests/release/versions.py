"""Kept versions for the tests: small, and really signed."""

from __future__ import annotations

import json
from pathlib import Path

from pixguard.calibration import Calibration
from pixguard.provenance import KeptVersion, Provenance, TrainingFacts, VersionParts, collect, keep_version

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
    features=["hour"],
)


def keep(
    folder: Path, seed: bytes = b"weights", *, passed: bool = True, key: Path | None = None
) -> tuple[KeptVersion, Path]:
    """Keep a version below `folder`, signed by a key made there or given; returns it and the public key."""
    model = folder / "model"
    model.mkdir(parents=True)
    (model / "model.onnx").write_bytes(seed * 1000)
    (model / "model.pt").write_bytes(seed)
    (model / "reasons.onnx").write_bytes(b"reasons of " + seed)
    calibration = Calibration(1.0, 1.0, -3.0, rows=1000, frauds=50)
    (model / "calibration.json").write_text(json.dumps(calibration.to_json()))
    for name in ("feature_service", "policy", "reference"):
        (model / f"{name}.json").write_text(json.dumps({"name": name}))
    interval = {"estimate": 0.61, "low": 0.55, "high": 0.67, "level": 0.95, "resamples": 500}
    verdict = {
        "passed": passed, "outcome": "passed" if passed else "failed", "rows": 20_000, "frauds": 116,
        "metrics": {"challenger": {"average_precision": interval}}, "cohorts": [], "checks": [],
    }  # fmt: skip

    def record(version: str) -> Provenance:
        return collect(version=version, data_snapshot_sha256="ab" * 32, seed=7, kept_by="tester")

    kept = keep_version(VersionParts(model, verdict, FACTS), folder / "versions", key or folder / "key", record)
    return kept, (key or folder / "key").with_suffix(".pub")
