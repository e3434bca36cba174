"""The watchers' whole report → the two short tables that the page shows. Pure.

Of a version's newest judged day: each measure's distance from the reference (from the days before, where there is no
reference), an alarm where the watch raised one, else moving where it found something; and the figures by age of labels.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def drift_of(report: Mapping[str, Any], serving: str | None) -> dict[str, Any]:
    """Return what `watched` reads as drift.json; KeyError where no day was judged."""
    name, version = _version(report, serving)
    newest = version["drift"]["newest"] or {"day": "", "rows": 0, "figures": [], "findings": [], "features": []}
    found = {each["measure"] for each in newest["findings"]}
    return _head(report, name) | {
        "day": newest["day"],
        "rows": newest["rows"],
        "features": [_feature(each, set(newest["features"]), found) for each in newest["figures"]],
    }


def performance_of(report: Mapping[str, Any], serving: str | None) -> dict[str, Any]:
    """Return what `watched` reads as performance.json; it has no intervals by age."""
    name, version = _version(report, serving)
    ages = (version["performance"] or {"ages": []})["ages"]
    rows = [
        {
            "age_days": each["age_days"],
            "payments": each["rows"],
            "frauds": each["frauds"],
            "average_precision": _point(each["average_precision"]),
            "recall": _point(each["recall_at_fpr_1pct"]),
        }
        for each in ages
    ]
    return _head(report, name) | {"false_positive_rate": 0.01, "by_label_age": rows}


def _version(report: Mapping[str, Any], serving: str | None) -> tuple[str, Mapping[str, Any]]:
    """Return the serving version's part, else that of the version with the newest day."""
    versions = report["versions"]
    name = serving if serving in versions else max(versions, key=lambda each: (_day(versions[each]), each))
    return str(name), versions[name]


def _day(version: Mapping[str, Any]) -> str:
    newest = version["drift"]["newest"]
    return str(newest["day"]) if newest else ""


def _head(report: Mapping[str, Any], version: str) -> dict[str, Any]:
    return {"schema": report["schema"], "computed_at": report["until"], "version": version}


def _feature(figure: Mapping[str, Any], alarmed: set[str], found: set[str]) -> dict[str, Any]:
    name, distance = figure["measure"], figure["from_reference"]
    return {
        "name": name,
        "psi": figure["from_baseline"] if distance is None else distance,
        "missing": figure["missing_share"],
        "missing_before": None,
        "state": "alarm" if name in alarmed else "watch" if name in found else "ok",
    }


def _point(value: float | None) -> dict[str, float | None]:
    return {"estimate": value, "low": None, "high": None}
