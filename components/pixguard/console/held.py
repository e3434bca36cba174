"""The queue of held payments: newest decision of each, its reasons, and how long it may still be held. Pure.

An institution may hold a suspect payment 30 minutes by day and 60 by night before it sends it (PIX.md, "Rules").
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from pixguard.console import words
from pixguard.console.verdicts import Verdict
from pixguard.decision_log.record import utc_text
from pixguard.evidence.decisions import Record, decided_at
from pixguard.policy import Decision, Limits, is_night

DAY_HOLD, NIGHT_HOLD = timedelta(minutes=30), timedelta(minutes=60)
KEPT, SHOWN, RECENT = 2000, 10, 5
PAYMENT = (
    *("amount_centavos", "event_time", "payer_id", "payee_id", "key_type", "initiation", "purpose"),
    *("device_registered", "payer_region", "payer_account_age_days", "payee_account_age_days"),
)


class Held:
    """Held payments by id, at most `KEPT`; the oldest go first."""

    def __init__(self) -> None:
        self._records: dict[str, Mapping[str, Any]] = {}
        self.dropped = 0

    def add(self, record: Record) -> None:
        """Take a decision: a hold enters the queue, a newer decision of another kind leaves it."""
        if record["replay"]:
            return
        identity = record["end_to_end_id"]
        before = self._records.get(identity)
        if before and before["decided_at"] > record["decided_at"]:
            return
        shown = to_json(record) if record["decision"] == Decision.HOLD else None
        self._records.pop(identity, None)
        if shown:
            self._records[identity] = shown
        if len(self._records) > KEPT:
            del self._records[next(iter(self._records))]
            self.dropped += 1

    def __contains__(self, identity: str) -> bool:
        return identity in self._records

    def queue(self, verdicts: Mapping[str, Verdict], now: str) -> Mapping[str, Any]:
        """Return who waits for a verdict: those that may still be held first, the most money at risk first."""
        waiting = [each for each in self._records.values() if each["end_to_end_id"] not in verdicts]
        waiting.sort(key=lambda each: (each["until"] <= now, -each["at_risk_centavos"], each["decided_at"]))
        given = sorted(verdicts.values(), key=lambda each: each.known_at, reverse=True)[:RECENT]
        return {
            "waiting": len(waiting),
            "overdue": sum(each["until"] <= now for each in waiting),
            "at_risk_centavos": sum(each["at_risk_centavos"] for each in waiting),
            "dropped": self.dropped,
            "shown": waiting[:SHOWN],
            "given": [verdict_json(each) for each in given],
        }


def to_json(record: Record) -> Mapping[str, Any]:
    """Return a held payment as the page shows it; at risk is the probability of fraud times the amount."""
    decided, payment = decided_at(record), record["payment"]
    limit = NIGHT_HOLD if is_night(Limits(), decided.timestamp()) else DAY_HOLD
    amount = payment.get("amount_centavos") or 0
    return {
        "end_to_end_id": record["end_to_end_id"],
        "decided_at": record["decided_at"],
        "until": utc_text(decided + limit),
        "version": record["version"],
        "probability": record["probability"],
        "at_risk_centavos": round(record["probability"] * amount),
        "rules": list(record.get("rules", ())),
        "degraded": list(record["degraded"]),
        "reasons": [words.reason(each) for each in record.get("reasons", ())],
        "payment": {name: payment[name] for name in PAYMENT if payment.get(name) is not None},
    }


def verdict_json(verdict: Verdict) -> Mapping[str, Any]:
    """Return a verdict as the page shows it."""
    return {
        "end_to_end_id": verdict.end_to_end_id,
        "is_fraud": verdict.is_fraud,
        "situation": verdict.situation,
        "known_at": verdict.known_at,
        "by": verdict.by,
    }
