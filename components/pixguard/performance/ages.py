"""Figures by the age of labels: what one would have said of a payment some days later, and what was still to come."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from pixguard.metrics import average_precision, expected_calibration_error, recall_at_fpr
from pixguard.metrics.inputs import BoolArray
from pixguard.outcomes import Outcomes
from pixguard.outcomes.table import micros
from pixguard.performance.labelled import Labelled, observed

AGES_DAYS = (1, 7, 14, 30, 60, 90)
"""MED takes claims for 80 days and a week or two to decide: after 90 days a payment is as known as it will be."""


def by_age(outcomes: Outcomes, version: str, cut_off: datetime) -> list[dict[str, Any]]:
    """Return for each age the figures of the payments that reached it, with the labels known at that age.

    `known_share`: of the frauds that are known at the cut-off among the same payments, the share known at that age.
    """
    found = []
    for days in AGES_DAYS:
        age = timedelta(days=days)
        labels = outcomes.labels(outcomes.event_us + micros(age)) == 1
        rows = observed(outcomes, version, cut_off, age)
        if not len(rows):
            continue
        then = labels[rows.place]
        known = int((then & rows.y).sum()) / rows.frauds if rows.frauds else None
        found.append({"age_days": days, "rows": len(rows), "frauds": int(then.sum()), "known_share": known,
                      **_figures(then, rows)})  # fmt: skip
    return found


def _figures(y: BoolArray, rows: Labelled) -> dict[str, float | None]:
    if not 0 < y.sum() < y.size:
        return dict.fromkeys(("average_precision", "recall_at_fpr_1pct", "expected_calibration_error"))
    return {
        "average_precision": average_precision(y, rows.score),
        "recall_at_fpr_1pct": recall_at_fpr(y, rows.score, 0.01),
        "expected_calibration_error": expected_calibration_error(y, rows.score),
    }
