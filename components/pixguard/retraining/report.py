"""What the watch wrote, and what the gate promised → evidence. The report is `pixguard.watch`'s document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from pixguard.drift import What
from pixguard.metrics import Interval
from pixguard.retraining.evidence import AlarmDay, Evidence, Past, Promise

PROMISED = ("average_precision", "recall_at_fpr_1pct", "value_detection_rate")
"""Figures that the gate and the watch both know: ranking of all, of frauds at 1 % false alarms, of money at the budget.
"""
LEARNABLE = frozenset({What.DRIFT, What.SHIFT, What.ALERTS, What.UNSEEN})
"""Findings that another training may answer. What is missing, degraded or skewed is a fault: it wants mending, and
a model that learned from it would learn the fault."""


def evidence_of(
    report: Mapping[str, Any], verdict: Mapping[str, Any], *, day: date, champion: str, taught_until: date,
    past: Sequence[Past] = (), on_trial: str = "",
) -> Evidence:  # fmt: skip
    """Return the evidence on the champion: `report` of the watch, `verdict` of the gate that let the champion pass."""
    watched = report["versions"].get(champion, {"drift": {"days": []}, "performance": None})
    days = [AlarmDay(date.fromisoformat(each["day"]), _measures(each["alarms"]))
            for each in watched["drift"]["days"] if each["state"] != "too_few"]  # fmt: skip
    recent = (watched["performance"] or {}).get("recent")
    return Evidence(
        day=day,
        champion=champion,
        taught_until=taught_until,
        days=tuple(each for each in days if each.day < day),
        promises=None if recent is None else promises(verdict, recent["values"]),
        frauds=0 if recent is None else int(recent["frauds"]),
        past=tuple(past),
        on_trial=on_trial,
    )


def promises(verdict: Mapping[str, Any], found: Mapping[str, Any]) -> dict[str, Promise]:
    """Return the promised figures of a gate's verdict beside what was found; both hold intervals as plain JSON."""
    promised = verdict["metrics"].get("challenger", {})
    return {name: Promise(Interval(**promised[name]), found[name] and Interval(**found[name]))
            for name in PROMISED if name in promised and name in found}  # fmt: skip


def _measures(alarms: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(each["measure"]) for each in alarms if each["what"] in LEARNABLE))
