"""A day of logged decisions as wide as the served model's, and a kept version to hold them against."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import orjson

from pixguard.calibration import Calibration
from pixguard.dataset import Rows, reference_distributions
from pixguard.decision_log import SegmentSink, names_sha256, record_line
from pixguard.decision_log.record import utc_text
from pixguard.drift.measures import score_distribution
from pixguard.features import PIX
from pixguard.policy import Policy
from pixguard.provenance import KeptVersion, TrainingFacts, VersionParts, collect, keep_version

DAY = datetime(2026, 3, 10, tzinfo=UTC)
INPUTS = PIX.names
BANKS = [f"{number:08d}" for number in range(200)]
REGIONS, KEYS = ("SP", "RJ", "MG", "BA", "PR"), ("CPF", "EMAIL", "PHONE", "EVP")
COUNTERS = ("settlements_d90", "fraud_markers_d90", "mule_markers_d90", "open_reports", "rejected_reports_d90",
            "distinct_reporters_d90", "registered_accounts")  # fmt: skip
SEGMENT_ROWS = 20_000


def values_of(rng: np.random.Generator, rows: int) -> np.ndarray:
    """Return inputs, float32 [rows, features]: counts, sums and ratios, a few missing."""
    x_rf = rng.lognormal(1.0, 1.5, (rows, len(INPUTS))).astype(np.float32)
    whole = rng.random(len(INPUTS)) < 0.5
    x_rf[:, whole] = np.floor(x_rf[:, whole])
    x_rf[rng.random(x_rf.shape) < 0.02] = np.nan
    return x_rf


def keep(folder: Path) -> tuple[KeptVersion, Path]:
    """Keep a version whose reference is of the same source."""
    model, rng = folder / "model", np.random.default_rng(1)
    model.mkdir(parents=True)
    for name in ("model.onnx", "model.pt", "reasons.onnx"):
        (model / name).write_bytes(b"weights")
    size = 20_000
    rows = Rows(np.empty(size, object), np.empty(size, object), np.zeros(size, "datetime64[us]"),
                values_of(rng, size), np.zeros(size, bool))  # fmt: skip
    reference = reference_distributions(rows, INPUTS) | {"score": score_distribution(rng.beta(1, 60, size))}
    service = {"name": "fraud_pix", "feature_set": "pix", "references": [], "inputs": INPUTS, "left_out": []}
    calibration = Calibration(1.0, 1.0, 0.0, rows=1000, frauds=50)
    parts = {"feature_service": service, "policy": Policy().to_json(), "reference": reference,
             "calibration": calibration.to_json()}  # fmt: skip
    for name, content in parts.items():
        (model / f"{name}.json").write_text(json.dumps(content))
    facts = TrainingFacts(
        title="bench", data="bench", data_snapshot_sha256="ab" * 32, seed=1, training_from="2026-01-01T00:00:00+00:00",
        training_until="2026-02-01T00:00:00+00:00", training_rows=1, training_frauds=1, model="none", features=["a"],
    )  # fmt: skip
    verdict = {"passed": True, "outcome": "passed", "rows": 1, "frauds": 1, "metrics": {}, "cohorts": [], "checks": []}
    kept = keep_version(
        VersionParts(model, verdict, facts), folder / "versions", folder / "key",
        lambda version: collect(version=version, data_snapshot_sha256="ab" * 32, seed=1, kept_by="bench"),
    )  # fmt: skip
    return kept, folder / "key.pub"


def write_log(folder: Path, version: str, rows: int) -> list[Path]:
    """Write a day of decisions in segments with the predictor's own sink; return the segments."""
    sink = SegmentSink(folder / "written", fsync="never", segment_bytes=2**62, segment_s=2**62)
    for first in range(0, rows, SEGMENT_ROWS):
        for chunk in _lines(version, first, min(SEGMENT_ROWS, rows - first), rows):
            sink.write(chunk)
        sink.close(1)
    return sorted((folder / "written").glob("*.jsonl"))


def link_log(segments: list[Path], folder: Path, times: int) -> Path:
    """Return a log of the same segments under `times` replicas, without writing them again."""
    for replica in range(times):
        target = folder / f"replica-{replica}"
        target.mkdir(parents=True)
        for segment in segments:
            os.link(segment, target / segment.name)
    return folder


def _lines(version: str, first: int, size: int, rows: int) -> Iterator[list[bytes]]:
    rng, digest = np.random.default_rng(first), names_sha256(INPUTS)
    x_rf, scores = values_of(rng, size), rng.beta(1, 60, size)
    banks, choices = rng.integers(0, len(BANKS), (size, 2)), rng.integers(0, 5, (size, 3))
    amounts, counts = rng.lognormal(9.5, 1.3, size).astype(int) + 1, rng.integers(0, 900, (size, 16))
    lines = []
    for n in range(size):
        at = DAY + timedelta(seconds=86_000 * (first + n) / rows)
        payment = {
            "end_to_end_id": f"E{BANKS[banks[n, 0]]}{at:%Y%m%d%H%M}{(first + n) % 10**11:011d}",
            "event_time": at.isoformat(), "amount_centavos": int(amounts[n]), "payer_id": _token(first + n),
            "payee_id": _token(first + n + 1), "device_id": _token(n), "payer_ispb": BANKS[banks[n, 0]],
            "payee_ispb": BANKS[banks[n, 1]], "key_type": KEYS[choices[n, 0] % 4], "initiation": "DICT",
            "purpose": "TRANSFER", "device_registered": True, "payer_account_age_days": int(counts[n, 14]),
            "payee_account_age_days": int(counts[n, 15]), "payer_region": REGIONS[choices[n, 1]],
            **{f"{side}_dict_{name}": int(counts[n, k + 7 * (side == "payee")])
               for side in ("payer", "payee") for k, name in enumerate(COUNTERS)},
        }  # fmt: skip
        lines.append(record_line({
            "decided_at": utc_text(at + timedelta(milliseconds=2)), "end_to_end_id": payment["end_to_end_id"],
            "model": "pix-fraud", "version": version, "score": float(scores[n]), "probability": float(scores[n]),
            "decision": "hold" if scores[n] > 0.08 else "approve", "rules": ["expected_loss"],
            "reasons": [{"feature": name, "value": float(n), "contribution": 0.1} for name in INPUTS[:5]],
            "base": -5.0, "degraded": [], "newest_event_us": int(at.timestamp() * 1e6) - int(counts[n, 0]) * 10**6,
            "latency_us": 400, "replay": False, "payment": payment,
            "features": {"names_sha256": digest, "values": orjson.Fragment(_json(x_rf[n]))}, "propensity": 1.0,
        }))  # fmt: skip
        if len(lines) == 1000:
            yield lines
            lines = []
    if lines:
        yield lines


def _json(values: np.ndarray) -> bytes:
    return orjson.dumps(values, option=orjson.OPT_SERIALIZE_NUMPY)


def _token(number: int) -> str:
    return "k1." + hashlib.md5(str(number).encode(), usedforsecurity=False).hexdigest()
