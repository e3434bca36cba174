"""Evidence of a champion that is well, and how it falls ill."""

from datetime import date, timedelta
from typing import Any

from pixguard.metrics import Interval
from pixguard.retraining import AlarmDay, Evidence, Past, Promise, RetrainingRules

DAY = date(2026, 5, 20)
RULES = RetrainingRules()
KEPT = Promise(Interval(0.70, 0.64, 0.76, 0.95, 500), Interval(0.69, 0.65, 0.73, 0.95, 200))
BROKEN = Promise(Interval(0.70, 0.64, 0.76, 0.95, 500), Interval(0.50, 0.46, 0.54, 0.95, 200))


def before(days: int) -> date:
    return DAY - timedelta(days=days)


def evidence(**changes: Any) -> Evidence:
    well: dict[str, Any] = {
        "day": DAY,
        "champion": "v0123456789ab",
        "taught_until": before(20),
        "days": tuple(AlarmDay(before(n)) for n in range(10, 0, -1)),
        "promises": {"recall_at_fpr_1pct": KEPT},
        "frauds": 300,
    }
    return Evidence(**(well | changes))


def alarmed(*days_ago: int, measures: tuple[str, ...] = ("log_amount",)) -> tuple[AlarmDay, ...]:
    return tuple(AlarmDay(before(n), measures if n in days_ago else ()) for n in range(10, 0, -1))


def trained(days_ago: int, *causes: str, champion: str = "v0123456789ab") -> Past:
    return Past(before(days_ago), champion, causes or ("schedule",))
