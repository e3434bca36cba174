"""A small decision log and the verdicts on it."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pixguard.decision_log import record_line
from pixguard.decision_log.record import utc_text

DAY = datetime(2026, 3, 2, tzinfo=UTC)
TOKEN = "k1." + "ab" * 16


def identity(number: int, at: datetime) -> str:
    return f"E12345678{at:%Y%m%d%H%M}{number:011d}"


def decision(number: int, at: datetime, **changes: Any) -> dict[str, Any]:
    payment = {
        "end_to_end_id": identity(number, at),
        "event_time": at.isoformat(),
        "amount_centavos": 100 + number,
        "payer_id": f"k1.{number % 7:032x}",
        "payee_id": TOKEN,
        "payer_ispb": "12345678",
        **changes.pop("payment", {}),
    }
    return {
        "decided_at": utc_text(at + timedelta(milliseconds=5)),
        "end_to_end_id": payment["end_to_end_id"],
        "model": "pix-fraud",
        "version": "v0123456789ab",
        "score": 0.25,
        "probability": 0.125,
        "decision": "approve",
        "rules": ["expected_loss"],
        "reasons": [],
        "base": -3.0,
        "degraded": [],
        "newest_event_us": None,
        "latency_us": 300,
        "replay": False,
        "payment": payment,
        "features": {"names_sha256": "ab", "values": [0.5, None]},
        "propensity": 1.0,
        **changes,
    }


def write_segment(
    log: Path, decisions: Iterable[dict[str, Any]], replica: str = "one", *, opened: bool = False
) -> Path:
    lines = list(decisions)
    name = lines[0]["decided_at"].replace("-", "").replace(":", "")
    path = log / replica / f"{name}.jsonl{'.open' if opened else ''}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(record_line(line) for line in lines))
    return path


def verdict(number: int, at: datetime, days: float = 3, **changes: Any) -> dict[str, Any]:
    return {
        "end_to_end_id": identity(number, at),
        "source": "MED_CLAIM",
        "is_fraud": True,
        "situation": "SCAM",
        "known_at": (at + timedelta(days=days)).isoformat(),
        **changes,
    }
