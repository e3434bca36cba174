"""Many numbers in little room: counts in steps of 5 %, merged and asked for quantiles."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable

_STEP = math.log(1.05)
_SMALLEST = 1e-3


class Spread:
    """Numbers of 0 and more; what is below 0.001 counts as 0.001."""

    def __init__(self, values: Iterable[float] = ()) -> None:
        self.counts: Counter[int] = Counter()
        for value in values:
            self.add(value)

    def add(self, value: float) -> None:
        """Count one.

        >>> Spread([10, 20, 1000]).quantile(0.5)
        20.0
        """
        self.counts[round(math.log(max(value, _SMALLEST)) / _STEP)] += 1

    def merge(self, other: Spread) -> None:
        """Count what the other has counted too."""
        self.counts.update(other.counts)

    def quantile(self, share: float) -> float | None:
        """Return the number that `share` of them reach at most, three digits; None of nothing."""
        wanted, below = share * self.counts.total(), 0
        for step in sorted(self.counts):
            below += self.counts[step]
            if below >= wanted:
                return float(f"{math.exp(step * _STEP):.3g}")
        return None
