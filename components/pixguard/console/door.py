"""What Envoy counted at the door, over the last minute and the last quarter of an hour: differences of its counters."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any

from pixguard.evidence.plane import Served, since
from pixguard.rollout.evidence import Histogram, Tally

KEPT_S, STEP_S = 900.0, 5.0


class Door:
    """Remembers a look at the counters every few seconds."""

    def __init__(self) -> None:
        self._looks: deque[tuple[float, Mapping[str, Served]]] = deque()

    def look(self, now_s: float, versions: Mapping[str, Served]) -> None:
        """Take what the counters say now."""
        if not self._looks or now_s - self._looks[-1][0] >= STEP_S:
            self._looks.append((now_s, versions))
        while len(self._looks) > 1 and self._looks[1][0] <= now_s - KEPT_S:
            self._looks.popleft()

    def grown(self, now_s: float, versions: Mapping[str, Served], back_s: float) -> tuple[float, dict[str, Served]]:
        """Return what each version counted in the last `back_s`, or for as long as we look, and how long that is.

        A version that is new since then has counted all of it since then.
        """
        began, before = next((look for look in reversed(self._looks) if look[0] <= now_s - back_s), self._looks[0])
        grown = {name: since(now, before[name]) if name in before else now for name, now in versions.items()}
        return now_s - began, grown


def figures(parts: list[Served]) -> dict[str, Any]:
    """Return requests, errors and percentiles of these versions together."""
    errors = Tally(sum(each.errors.hits for each in parts), sum(each.errors.trials for each in parts))
    whole = _together([each.latency_ms for each in parts if each.latency_ms and each.latency_ms.total])
    return {
        "requests": errors.trials,
        "errors": errors.hits,
        "p50_ms": quantile_ms(whole, 0.5),
        "p99_ms": quantile_ms(whole, 0.99),
    }


def quantile_ms(histogram: Histogram, share: float) -> float | None:
    """Return the latency that `share` of the answers stayed below, straight within a bucket; None of nothing."""
    wanted, below, count = share * histogram.total, 0.0, 0
    for edge, here in zip(histogram.edges, histogram.counts, strict=True):
        if here and count + here >= wanted:
            return float(f"{below + (edge - below) * (wanted - count) / here:.3g}")
        below, count = edge, count + here
    return None


def _together(parts: list[Histogram]) -> Histogram:
    """Return the sum of histograms; Envoy gives all versions the same buckets."""
    if not parts:
        return Histogram()
    edges = max((each.edges for each in parts), key=len)
    same = [each.counts for each in parts if each.edges == edges]
    return Histogram(edges, tuple(map(sum, zip(*same, strict=True))))
