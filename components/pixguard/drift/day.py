"""The counts of one version on one day, as arrays: a table of COUNT_SCHEMA on its way into arithmetic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pixguard.drift.counting import ALL, BIN_COLUMNS
from pixguard.drift.errors import DriftError
from pixguard.drift.measures import WIDTH, Int64s


@dataclass(frozen=True)
class DayCounts:
    """Counts of one version on one day: cohort → its values, and [values, measures, WIDTH] in their order."""

    day: date
    version: str
    names: tuple[str, ...]  # of the measures
    cohorts: Mapping[str, tuple[tuple[str, ...], Int64s]]

    @property
    def whole(self) -> Int64s:
        """The counts of all decisions [measures, WIDTH]."""
        return np.asarray(self.cohorts[ALL][1][0], dtype=np.int64)

    @property
    def rows(self) -> int:
        """How many decisions there were."""
        return int(self.whole[self.names.index("decision")].sum())


def days_of(table: pa.Table, names: Mapping[str, Sequence[str]], own: Sequence[str]) -> list[DayCounts]:
    """Return the counts of each version in a day's table; `names` of the measures by version, else `own`."""
    return [
        _day(table.filter(pc.equal(table["version"], version)), str(version), tuple(names.get(version, own)))
        for version in sorted(pc.unique(table["version"]).to_pylist())
    ]


def _day(table: pa.Table, version: str, names: tuple[str, ...]) -> DayCounts:
    (day,) = pc.unique(table["day"]).to_pylist()
    cohorts = {}
    for cohort in pc.unique(table["cohort"]).to_pylist():
        rows = table.filter(pc.equal(table["cohort"], cohort))
        values = pc.unique(rows["value"])
        measure = pc.index_in(rows["measure"], value_set=pa.array(names))
        if measure.null_count:
            strange = pc.unique(rows["measure"].filter(pc.is_null(measure))).to_pylist()
            raise DriftError(
                f"{day}, {version}: counts of {strange[:3]}, which the version has not; count the day anew"
            )
        place = pc.index_in(rows["value"], value_set=values).to_numpy(), measure.to_numpy()
        counts = np.zeros((len(values), len(names), WIDTH), dtype=np.int64)
        np.add.at(counts, place, np.stack([rows[name].to_numpy() for name in BIN_COLUMNS], axis=1))
        cohorts[cohort] = (tuple(values.to_pylist()), counts)
    return DayCounts(day, version, names, cohorts)
