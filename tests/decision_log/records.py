"""Records for the log's tests."""

from typing import Any

import numpy as np

from pixguard.decision_log import record_line


def values(number: int = 0, **changes: Any) -> dict[str, Any]:
    return {
        "decided_at": f"2026-03-02T12:00:{number % 60:02d}.{number:06d}Z",
        "end_to_end_id": f"X{number:031d}",
        "model": "pix-fraud",
        "version": "v0123456789ab",
        "score": 0.25,
        "probability": 0.125,
        "decision": "hold",
        "rules": ["expected_loss"],
        "reasons": [{"feature": "a", "value": None, "contribution": -0.5}],
        "base": -3.0,
        "degraded": [],
        "newest_event_us": None,
        "latency_us": 300,
        "replay": False,
        "payment": {"end_to_end_id": f"X{number:031d}"},
        "features": {"names_sha256": "ab", "values": np.array([0.1, np.nan, 3e7], dtype=np.float32)},
        **changes,
    }


def line(number: int = 0, **changes: Any) -> bytes:
    return record_line(values(number, **changes))
