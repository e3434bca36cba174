"""The gravest decisions of a day and what drove them: SHAP-like, from the contributions that the log holds."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from pixguard.decision_log import Record
from pixguard.explanation.recompute import log_odds

DECISIONS = ("hold", "reject")


@dataclass(frozen=True)
class Incident:
    """A held or refused payment; `rest` is what the reasons that are not logged contributed in sum."""

    record: Record
    at_stake_centavos: float
    rest: float


@dataclass(frozen=True)
class Driver:
    """A feature over the day's incidents: mean size and mean of its contributions, and how often it was a reason."""

    feature: str
    mean_size: float
    mean: float
    count: int


def incidents(records: Iterable[Record], day: date, top: int) -> list[Incident]:
    """Return the `top` held or refused payments of a day (UTC) by probability times amount, the gravest first."""
    found = (record for record in records if record.decision in DECISIONS and not record.replay)
    of_day = (record for record in found if record.decided_at[:10] == day.isoformat())
    latest = {record.end_to_end_id: record for record in of_day}
    gravest = heapq.nlargest(top, latest.values(), key=lambda each: (at_stake(each), each.end_to_end_id))
    return [Incident(record, at_stake(record), _rest(record)) for record in gravest]


def at_stake(record: Record) -> float:
    """Return the expected loss if it were let through, centavos."""
    return record.probability * float(record.payment["amount_centavos"])


def drivers(found: Sequence[Incident]) -> list[Driver]:
    """Return the features by their mean contribution's size over all incidents; where it is no reason it counts 0."""
    parts: dict[str, list[float]] = defaultdict(list)
    for incident in found:
        for reason in incident.record.reasons:
            parts[reason["feature"]].append(reason["contribution"])
    count = len(found)
    made = [
        Driver(name, sum(map(abs, values)) / count, sum(values) / count, len(values)) for name, values in parts.items()
    ]
    return sorted(made, key=lambda driver: -driver.mean_size)


def _rest(record: Record) -> float:
    told = sum(float(reason["contribution"]) for reason in record.reasons)
    return log_odds(record.score) - record.base - told
