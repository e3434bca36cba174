"""Verdicts, performance and fairness → one JSON document that pages, metrics and triggers read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from pixguard.drift import DayVerdict
from pixguard.fairness import CohortRates
from pixguard.performance import Watched

SCHEMA = 1
DAYS = 60  # of the history in the document


def report_of(
    verdicts: Sequence[DayVerdict],
    watched: Sequence[Watched],
    fairness: Mapping[str, Sequence[CohortRates]],
    until: datetime,
) -> dict[str, Any]:
    """Return the document: per version its last days, the newest day's figures, performance and rates by cohort.

    Versions in the order of their newest day, newest last.
    """
    by_version: dict[str, list[DayVerdict]] = {}
    for verdict in verdicts:
        by_version.setdefault(verdict.version, []).append(verdict)
    measured = {each.version: each.to_json() for each in watched}
    names = sorted({*by_version, *measured}, key=lambda name: (_newest(by_version.get(name, [])), name))
    return {
        "schema": SCHEMA,
        "until": until.astimezone(UTC).isoformat(timespec="seconds"),
        "versions": {
            name: {
                "drift": _drift(by_version.get(name, [])),
                "performance": measured.get(name),
                "fairness": [_rates(each) for each in fairness.get(name, ())],
            }
            for name in names
        },
    }


def _newest(verdicts: Sequence[DayVerdict]) -> str:
    return verdicts[-1].day.isoformat() if verdicts else ""


def _drift(verdicts: Sequence[DayVerdict]) -> dict[str, Any]:
    """Return the history without figures, and the newest day with them."""
    days = [{name: value for name, value in each.to_json().items() if name != "figures"} for each in verdicts[-DAYS:]]
    return {"days": days, "newest": verdicts[-1].to_json() if verdicts else None}


def _rates(found: CohortRates) -> dict[str, Any]:
    disparate = {"alerts": found.alerts.disparate, "false_alerts": found.false_alerts.disparate}
    return asdict(found) | {"disparate": disparate}
