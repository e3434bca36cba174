"""What is normal for one version on a day of some kind: its first weeks of service, pooled, then fixed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from pixguard.drift.calendar import DayKind
from pixguard.drift.day import DayCounts
from pixguard.drift.measures import Int64s
from pixguard.metrics.inputs import FloatArray

Pool = dict[tuple[str, str], Int64s]  # (cohort, value) → [measures, WIDTH]
_NEAREST = {DayKind.PAYDAY: DayKind.WORKING}  # a pay day is a working day first


@dataclass
class Baseline:
    """Counts of the days taken so far by kind, and the highest distance from the reference on any of them."""

    days: int = 0
    pools: dict[DayKind, Pool] = field(default_factory=dict)
    highest: dict[DayKind, FloatArray] = field(default_factory=dict)  # [measures]

    def add(self, kind: DayKind, counts: DayCounts, distance: FloatArray) -> None:
        """Take a day and its distance from the reference [measures]."""
        pool = self.pools.setdefault(kind, {})
        for cohort, (values, table) in counts.cohorts.items():
            for place, value in enumerate(values):
                key = (cohort, value)
                pool[key] = pool[key] + table[place] if key in pool else table[place].copy()
        self.highest[kind] = np.maximum(self.highest.get(kind, distance), distance)
        self.days += 1

    def knows(self, kind: DayKind) -> bool:
        """Tell whether a day of this kind was taken."""
        return kind in self.pools

    def pool(self, kind: DayKind) -> Mapping[tuple[str, str], Int64s]:
        """Return the counts of a kind of day, of the nearest kind, or of all kinds together."""
        found = self.pools.get(kind) or self.pools.get(_NEAREST.get(kind, kind))
        if found is not None:
            return found
        whole: Pool = {}
        for each in self.pools.values():
            for key, counts in each.items():
                whole[key] = whole[key] + counts if key in whole else counts
        return whole

    def seasonal(self, kind: DayKind) -> FloatArray:
        """Return the highest distance from the reference on days of a kind, or on any day [measures]."""
        if kind in self.highest:
            return self.highest[kind]
        return np.asarray(np.max(list(self.highest.values()), axis=0))

    def values(self, cohort: str) -> set[str]:
        """Return the values of a cohort that were seen on any day taken."""
        return {value for pool in self.pools.values() for name, value in pool if name == cohort}
