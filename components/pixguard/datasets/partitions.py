"""Sorted rows → one Parquet file a day, named by its content."""

from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pixguard.lake import file_digest
from pixguard.payment.columns import Int64s

_DAY_US = 86_400_000_000


def write_days(tables: Iterable[pa.Table], folder: Path, part: str, time: str) -> dict[str, Path]:
    """Write rows sorted by the column `time` below `folder`; return path within the lake → file.

    `part` names the partition, such as `payments/event_date`; a day is a day of UTC. The same rows give the same files.
    """
    days = _Days(folder, part)
    for table in tables:
        numbers = pc.cast(table[time], pa.int64()).to_numpy() // _DAY_US
        for start, stop in _runs(numbers):
            days.write(int(numbers[start]), table.slice(start, stop - start))
    return days.finish()


def _runs(numbers: Int64s) -> list[tuple[int, int]]:
    """Return the (start, stop) of each run of equal numbers."""
    cuts = np.flatnonzero(np.diff(numbers)) + 1
    edges = [0, *cuts.tolist(), len(numbers)] if len(numbers) else [0]
    return list(pairwise(edges))


class _Days:
    """Writes one day after another; rows of a day come together."""

    def __init__(self, folder: Path, part: str) -> None:
        self._folder, self._part = folder, part
        self._written: dict[str, Path] = {}
        self._day = -1
        self._path = folder / "day.parquet"
        self._writer: pq.ParquetWriter | None = None

    def write(self, day: int, rows: pa.Table) -> None:
        if day != self._day:
            self._close()
            self._day = day
            self._writer = pq.ParquetWriter(self._path, rows.schema, compression="zstd")
        if self._writer is not None:
            self._writer.write_table(rows)

    def finish(self) -> dict[str, Path]:
        self._close()
        return self._written

    def _close(self) -> None:
        if self._writer is None:
            return
        self._writer.close()
        self._writer = None
        name = f"{self._part}={np.datetime64(self._day, 'D')}/part-{file_digest(self._path)[:32]}.parquet"
        staged = self._folder / name.replace("/", "-")
        self._written[name] = self._path.rename(staged)
