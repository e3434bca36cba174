"""What those who watch the model found: drift by feature, performance by the age of labels. Others' files, checked.

Their shape is told in the README. What is not of it is said on the page, never shown as if it were.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

DRIFT, PERFORMANCE = "drift.json", "performance.json"
STATES = ("ok", "watch", "alarm")
MAX_BYTES, MAX_ROWS = 4 * 2**20, 500


def read(path: Path) -> Mapping[str, Any]:
    """Return {"found": …} of a file of the agreed shape, {"missing": true}, or {"problem": why}."""
    try:
        if path.stat().st_size > MAX_BYTES:
            return {"problem": f"{path.name}: more than {MAX_BYTES} bytes"}
        data = json.loads(path.read_text(encoding="utf-8"))
        return {"found": _drift(data) if path.name == DRIFT else _performance(data)}
    except FileNotFoundError:
        return {"missing": True}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        return {"problem": f"{path.name}: {type(error).__name__}: {error}"}


def _drift(data: Mapping[str, Any]) -> Mapping[str, Any]:
    head = _head(data)
    rows = [
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
    rows = [
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
