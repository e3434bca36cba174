"""Decisions of the last quarter of an hour, in buckets of five seconds by the time they were decided. No clock here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pixguard.console.spread import Spread
from pixguard.evidence.decisions import Record, decided_at

BUCKET_S, BUCKETS = 5, 180
MINUTE, POINT = 60 // BUCKET_S, 30 // BUCKET_S  # buckets of the last minute, and behind a chart's point
DECISIONS = ("approve", "hold", "reject")


@dataclass
class Counted:
    """What was decided: by decision, how many from medians, how long it took, how old the state was."""

    decisions: Counter[str] = field(default_factory=Counter)
    degraded: int = 0
    server_ms: Spread = field(default_factory=Spread)
    state_age_s: Spread = field(default_factory=Spread)

    def merge(self, other: Counted) -> None:
        """Add what the other counted."""
        self.decisions.update(other.decisions)
        self.degraded += other.degraded
        self.server_ms.merge(other.server_ms)
        self.state_age_s.merge(other.state_age_s)

    def to_json(self) -> dict[str, Any]:
        """Return plain data; what there is nothing of is null."""
        return {
            "decisions": {each: self.decisions[each] for each in DECISIONS},
            "total": self.decisions.total(),
            "degraded": self.degraded,
            "server_p50_ms": self.server_ms.quantile(0.5),
            "server_p99_ms": self.server_ms.quantile(0.99),
            "state_age_p50_s": self.state_age_s.quantile(0.5),
        }


class Window:
    """Counts by bucket and version; a replayed payment is no decision."""

    def __init__(self) -> None:
        self._buckets: dict[int, dict[str, Counted]] = {}
        self._points: dict[int, Mapping[str, float | None]] = {}  # by their last bucket, as long as they hold

    def add(self, record: Record) -> None:
        """Count one record."""
        if record["replay"]:
            return
        bucket = int(decided_at(record).timestamp()) // BUCKET_S
        counted = self._buckets.setdefault(bucket, {}).setdefault(record["version"], Counted())
        for point in range(bucket, bucket + POINT):
            self._points.pop(point, None)
        counted.decisions[record["decision"]] += 1
        counted.degraded += bool(record["degraded"])
        counted.server_ms.add(record["latency_us"] / 1000)
        age = state_age_s(record)
        if age is not None:
            counted.state_age_s.add(age)

    def forget(self, now_s: float) -> None:
        """Drop what is too old to be shown."""
        oldest = int(now_s) // BUCKET_S - BUCKETS
        for bucket in [each for each in self._buckets if each < oldest]:
            del self._buckets[bucket]
        for bucket in [each for each in self._points if each < oldest]:
            del self._points[bucket]

    def of_version(self, version: str, now_s: float) -> Counted:
        """Return what one version decided in the window."""
        return _sum(each[version] for each in self._newest(now_s, BUCKETS) if version in each)

    def last_minute(self, now_s: float) -> Counted:
        """Return what all versions decided in the last minute."""
        return _sum(each for bucket in self._newest(now_s, MINUTE) for each in bucket.values())

    def versions(self) -> set[str]:
        """Return who decided anything."""
        return {name for each in self._buckets.values() for name in each}

    def series(self, now_s: float) -> Mapping[str, Any]:
        """Return the lines of the charts, oldest first; a point tells of the half minute before it.

        The last bucket still grows, so the lines end before it.
        """
        last = int(now_s) // BUCKET_S - 1
        points = [self._point(bucket) for bucket in range(last - BUCKETS + 1, last + 1)]
        lines = {name: [point[name] for point in points] for name in points[0]}
        return {"step_s": BUCKET_S, "until_s": (last + 1) * BUCKET_S, "lines": lines}

    def _point(self, last: int) -> Mapping[str, float | None]:
        found = self._points.get(last)
        if found is None:
            parts = [self._buckets.get(bucket, {}) for bucket in range(last - POINT + 1, last + 1)]
            counted = _sum(each for part in parts for each in part.values())
            total = counted.decisions.total()
            found = {
                "rate": round(total / (POINT * BUCKET_S), 2),
                "p50": counted.server_ms.quantile(0.5),
                "p99": counted.server_ms.quantile(0.99),
                "age": counted.state_age_s.quantile(0.5),
            } | {each: round(100 * counted.decisions[each] / total, 2) if total else None for each in DECISIONS}
            self._points[last] = found
        return found

    def _newest(self, now_s: float, count: int) -> Iterator[dict[str, Counted]]:
        last = int(now_s) // BUCKET_S
        return (self._buckets[each] for each in range(last - count + 1, last + 1) if each in self._buckets)


def state_age_s(record: Record) -> float | None:
    """Return how much older than the payment the newest event is that its features knew; None where none was known."""
    from_text, newest = record["payment"].get("event_time"), record.get("newest_event_us")
    if newest is None or not isinstance(from_text, str):
        return None
    try:
        event = decided_at({"decided_at": from_text}).timestamp()
    except ValueError:
        return None
    return max(event - float(newest) / 1e6, 0.0)


def _sum(parts: Iterable[Counted]) -> Counted:
    whole = Counted()
    for each in parts:
        whole.merge(each)
    return whole
