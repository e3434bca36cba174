"""A decision for the auditor: with what it was made, whether it comes out the same, and where it stands in the log."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import onnxruntime

from pixguard.explanation.find import Logged
from pixguard.explanation.recompute import FIELDS, Recomputed, Recomputer
from pixguard.provenance.files import file_sha256


def for_auditor(logged: Logged, again: Recomputed, version: Recomputer, public_key: Path) -> dict[str, Any]:
    """Return everything as plain data; the version was verified against `public_key` before it was opened."""
    record, kept = logged.record, version.kept
    origin = kept.provenance.to_json()
    return {
        "decision": {
            name: getattr(record, name)
            for name in ("end_to_end_id", "decided_at", "model", "version", "decision", "replay", "degraded")
        },
        "log": {"segment": str(logged.segment), "line": logged.line, "link": logged.link},
        "recomputed": {
            "bit_equal": again.is_equal,
            "differing": list(again.differing),
            "logged": {name: getattr(record, name) for name in FIELDS},
            "found": dict(again.found),
            "onnxruntime": onnxruntime.__version__,
            "python": platform.python_version(),
            "machine": platform.machine(),
        },
        "version": {
            "name": kept.name,
            "folder": str(kept.folder),
            "signature": "verified",
            "public_key_sha256": file_sha256(public_key),
            "model_sha256": file_sha256(kept.onnx),
            "reasons_sha256": file_sha256(kept.reasons),
            "policy_sha256": file_sha256(kept.folder / "policy.json"),
            "calibration_sha256": file_sha256(kept.folder / "calibration.json"),
        },
        "features": {
            "service": kept.feature_service["name"],
            "feature_set": kept.feature_service["feature_set"],
            "service_sha256": file_sha256(kept.folder / "feature_service.json"),
            "names_sha256": record.features["names_sha256"],
            "inputs": len(version.names),
        },
        "provenance": origin,
    }


def as_text(found: Mapping[str, Any], indent: str = "") -> str:
    """Return nested plain data as lines `name: value`."""
    lines = []
    for name, value in found.items():
        if isinstance(value, Mapping):
            lines += [f"{indent}{name}:", as_text(value, f"{indent}  ")]
        elif isinstance(value, list) and value and isinstance(value[0], Mapping):
            lines += [f"{indent}{name}:"]
            lines += [f"{indent}  - " + ", ".join(f"{key} {each}" for key, each in item.items()) for item in value]
        else:
            lines.append(f"{indent}{name}: {'not known' if value is None else value}")
    return "\n".join(lines)
