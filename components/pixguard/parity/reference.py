"""What batch computed for payments of a lake, in the order that is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from pixguard.declaration import FeatureSet
from pixguard.lake import LakeError

_KEPT = 12  # tables of a view and a day: four views, three days


class Reference:
    """The built features of a lake: aggregates and model inputs of any payments, by day and id."""

    def __init__(self, lake: Path, feature_set: FeatureSet) -> None:
        self._lake, self._set = lake, feature_set
        self.aggregates = tuple(a.name for own in feature_set.by_view().values() for a in own)
        self._day = lru_cache(maxsize=_KEPT)(self._read_day)  # payments that are asked about together share days

    def rows(self, payments: pa.Table) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return aggregates int64 [rows, aggregates] and inputs float32 [rows, features]; LakeError where one lacks."""
        days = pc.strftime(payments["event_time"], "%Y-%m-%d").unique().to_pylist()
        columns: dict[str, NDArray[np.int64]] = {}
        for view, own in self._set.by_view().items():
            built = pa.concat_tables([self._day(view, day, tuple(a.name for a in own)) for day in sorted(days)])
            place = pc.index_in(payments["end_to_end_id"], built["end_to_end_id"].combine_chunks())
            if place.null_count:
                raise LakeError(f"{self._lake}/features/{view}: {place.null_count} payments lack; run build_features")
            columns |= {a.name: built[a.name].take(place).to_numpy() for a in own}
        merged = np.stack([columns[name] for name in self.aggregates], axis=1)
        return merged, self._set.vector({**columns, **payment_columns(payments, self._set)})

    def _read_day(self, view: str, day: str, names: Sequence[str]) -> pa.Table:
        files = sorted((self._lake / "features" / view / f"event_date={day}").glob("*.parquet"))
        if not files:
            raise LakeError(f"{self._lake}/features/{view}: {day} is not built; run build_features")
        return pa.concat_tables(
            [pq.read_table(file, columns=["end_to_end_id", *names], partitioning=None) for file in files]
        )


def payment_columns(payments: pa.Table, feature_set: FeatureSet) -> dict[str, NDArray[np.generic]]:
    """Return the payment columns that the set's request features read, as they expect them; a null number is NaN."""
    return {name: _column(payments[name]) for name in feature_set.payment_columns}


def _column(column: pa.ChunkedArray) -> NDArray[np.generic]:
    if pa.types.is_timestamp(column.type):
        times: NDArray[np.generic] = column.cast(pa.int64()).to_numpy()
        return times
    if pa.types.is_string(column.type):
        texts: NDArray[np.generic] = column.to_numpy(zero_copy_only=False)
        return texts
    numbers: NDArray[np.generic] = pc.cast(column, pa.float64()).to_numpy(zero_copy_only=False)
    return numbers
