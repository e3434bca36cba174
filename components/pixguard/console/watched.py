"""What those who watch the model found: drift by feature, performance by the age of labels. Others' files, checked.

Their shape is told in the README. What is not of it is said on the page, never shown as if it were.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pixguard.console.watch_report import drift_of, performance_of

DRIFT, PERFORMANCE, REPORT = "drift.json", "performance.json", "report.json"
STATES = ("ok", "watch", "alarm")
MAX_BYTES, MAX_ROWS = 16 * 2**20, 500


def read(folder: Path, serving: str | None = None) -> Mapping[str, Mapping[str, Any]]:
    """Return drift and performance: each {"found": …}, {"missing": true}, or {"problem": why}."""
    return {
        "drift": _first(folder, (DRIFT, _drift), (REPORT, lambda data: _drift(drift_of(data, serving)))),
        "performance": _first(
            folder, (PERFORMANCE, _performance), (REPORT, lambda data: _performance(performance_of(data, serving)))
        ),
    }


def _first(folder: Path, *places: tuple[str, Callable[[Any], Mapping[str, Any]]]) -> Mapping[str, Any]:
    """Return the first of these files that is there, as `check` makes of it."""
    for name, check in places:
        path = folder / name
        try:
            if path.stat().st_size > MAX_BYTES:
                return {"problem": f"{name}: more than {MAX_BYTES} bytes"}
            return {"found": check(json.loads(path.read_text(encoding="utf-8")))}
        except FileNotFoundError:
            continue
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            return {"problem": f"{name}: {type(error).__name__}: {error}"}
    return {"missing": True}


def _drift(data: Mapping[str, Any]) -> Mapping[str, Any]:
    head = _head(data)
    rows: list[dict[str, Any]] = [
        {
            "name": str(each["name"])[:120],
            "psi": _number(each["psi"]),
            "missing": _number(each["missing"]),
            "missing_before": _number(each["missing_before"]),
            "state": _state(each["state"]),
        }
        for each in data["features"][:MAX_ROWS]
    ]
    rows.sort(key=lambda each: (-STATES.index(each["state"]), -(each["psi"] or 0)))
    return head | {"rows": int(data["rows"]), "day": str(data["day"])[:40], "features": rows}


def _performance(data: Mapping[str, Any]) -> Mapping[str, Any]:
    rows: list[dict[str, Any]] = [
        {
            "age_days": _number(each["age_days"]),
            "payments": int(each["payments"]),
            "frauds": int(each["frauds"]),
            "average_precision": _interval(each["average_precision"]),
            "recall": _interval(each["recall"]),
        }
        for each in data["by_label_age"][:MAX_ROWS]
    ]
    rows.sort(key=lambda each: each["age_days"] or 0)
    return _head(data) | {"false_positive_rate": _number(data["false_positive_rate"]), "by_label_age": rows}


def _head(data: Mapping[str, Any]) -> dict[str, Any]:
    if data["schema"] != 1:
        raise ValueError(f"schema {data['schema']!r}, wanted 1")
    return {"at": str(data["computed_at"])[:40], "version": str(data["version"])[:63]}


def _interval(data: Mapping[str, Any]) -> Mapping[str, float | None]:
    return {name: _number(data[name]) for name in ("estimate", "low", "high")}


def _number(value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError("wanted finite numbers or null")
    return float(value)


def _state(value: Any) -> str:
    if value not in STATES:
        raise ValueError(f"wanted a state of {', '.join(STATES)}")
    return str(value)
