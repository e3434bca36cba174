"""What is normal for one version on a day of some kind: the training's seasons and its first weeks of service."""

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
    """Counts of the days taken so far by kind, and how far they strayed; `highest` and `missing` may hold seasons."""

    highest: dict[DayKind, FloatArray] = field(default_factory=dict)  # distance from the reference [measures]
    missing: dict[DayKind, FloatArray] = field(default_factory=dict)  # missing share [measures]
    strayed: dict[tuple[str, str], FloatArray] = field(default_factory=dict)  # distance from the pool [measures]
    pools: dict[DayKind, Pool] = field(default_factory=dict)
    days: int = 0

    def add(self, kind: DayKind, counts: DayCounts, distance: FloatArray, missing: FloatArray) -> None:
        """Take a day, its distance from the reference and its missing shares [measures]."""
        pool = self.pools.setdefault(kind, {})
        for cohort, (values, table) in counts.cohorts.items():
            for place, value in enumerate(values):
                key = (cohort, value)
                pool[key] = pool[key] + table[place] if key in pool else table[place].copy()
        self.highest[kind] = np.maximum(self.highest.get(kind, distance), distance)
        self.missing[kind] = np.maximum(self.missing.get(kind, missing), missing)
        self.days += 1

    def stray(self, key: tuple[str, str], distance: FloatArray) -> None:
        """Remember how far a day of a cohort lay from the days before it [measures]."""
        self.strayed[key] = np.maximum(self.strayed.get(key, distance), distance)

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

    def seasonal(self, kind: DayKind) -> FloatArray | None:
        """Return the highest distance from the reference on days of a kind, or on any [measures]; None if unknown."""
        return _of_kind(self.highest, kind)

    def most_missing(self, kind: DayKind) -> FloatArray | None:
        """Return the highest missing shares on days of a kind, or on any day [measures]; None if unknown."""
        return _of_kind(self.missing, kind)

    def values(self, cohort: str) -> set[str]:
        """Return the values of a cohort that were seen on any day taken."""
        return {value for pool in self.pools.values() for name, value in pool if name == cohort}


def _of_kind(tables: Mapping[DayKind, FloatArray], kind: DayKind) -> FloatArray | None:
    if kind in tables:
        return tables[kind]
    return np.asarray(np.max(list(tables.values()), axis=0)) if tables else None
