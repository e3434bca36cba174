"""Decisions → counts by day, version, cohort, measure and bin. Sums of parts are the whole: cut the log as you like."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import islice

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pixguard.cohorts import COHORTS, cohorts_of
from pixguard.decision_log import Record
from pixguard.drift.measures import BINS, OWN, WIDTH, Int64s, Measures, event_us, own_codes

BATCH_ROWS = 8192
ALL = "all"
BIN_COLUMNS = (*(f"bin_{n}" for n in range(BINS)), "missing")
COUNT_SCHEMA = pa.schema(
    [
        pa.field("day", pa.date32(), nullable=False),
        pa.field("version", pa.string(), nullable=False),
        pa.field("cohort", pa.string(), nullable=False),  # `all`, or a name of COHORTS
        pa.field("value", pa.string(), nullable=False),
        pa.field("measure", pa.string(), nullable=False),
        *(pa.field(name, pa.int64(), nullable=False) for name in BIN_COLUMNS),
    ]
)
_PAYMENT = ("payer_ispb", "payee_ispb", "key_type", "initiation", "payer_region", "device_registered",
            "amount_centavos", "payer_account_age_days", "payee_account_age_days")  # fmt: skip


@dataclass
class _Table:
    """Counts of one cohort on one day: values in the order in which they came, [values, measures * WIDTH]."""

    values: dict[str, int] = field(default_factory=dict)
    counts: Int64s = field(default_factory=lambda: np.zeros((0, 0), dtype=np.int64))

    def add(self, values: Iterable[str], codes: NDArray[np.uint8]) -> None:
        rows = np.fromiter((self.values.setdefault(v, len(self.values)) for v in values), np.int64, len(codes))
        cells = codes.shape[1] * WIDTH
        flat = codes + (rows[:, None] * cells + np.arange(codes.shape[1]) * WIDTH)
        found = np.bincount(flat.ravel(), minlength=len(self.values) * cells).reshape(-1, cells)
        if len(found) > len(self.counts):
            grown = np.zeros((max(len(found), 2 * len(self.counts)), cells), dtype=np.int64)
            if self.counts.size:
                grown[: len(self.counts)] = self.counts
            self.counts = grown
        self.counts[: len(found)] += found


class Counter:
    """Counts the decisions of the wanted days. Replays are none; a version without measures counts what all have."""

    def __init__(self, measures: Mapping[str, Measures], days: Iterable[date]) -> None:
        self._measures, self._days = measures, frozenset(days)
        self._tables: dict[tuple[date, str, bool], dict[str, _Table]] = {}

    def add(self, records: Iterable[Record]) -> None:
        """Count records, as many as there are."""
        wanted = (record for record in records if not record.replay and record.decided.date() in self._days)
        while batch := list(islice(wanted, BATCH_ROWS)):
            groups: dict[tuple[date, str, bool], list[Record]] = {}
            for record in batch:
                known = self._measures.get(record.version)
                whole = known is not None and record.features["names_sha256"] == known.digest
                groups.setdefault((record.decided.date(), record.version, whole), []).append(record)
            for key, group in groups.items():
                self._add(key, group)

    def table(self) -> pa.Table:
        """Return what was counted, without zeros, in COUNT_SCHEMA."""
        return pa.concat_tables([COUNT_SCHEMA.empty_table(), *self._parts()])

    def _add(self, key: tuple[date, str, bool], records: list[Record]) -> None:
        codes = self._measures[key[1]].codes(records) if key[2] else own_codes(records)
        columns = {name: [record.payment.get(name) for record in records] for name in _PAYMENT}
        times = np.fromiter((event_us(record) for record in records), np.int64, len(records))
        tables = self._tables.setdefault(key, {name: _Table() for name in (ALL, *COHORTS)})
        for name, values in {ALL: [ALL] * len(records), **cohorts_of(columns, times)}.items():
            tables[name].add(values, codes)

    def _parts(self) -> Iterator[pa.Table]:
        for (day, version, whole), tables in self._tables.items():
            names = np.array(self._measures[version].names if whole else OWN, dtype=object)
            for cohort, table in tables.items():
                values = np.array(list(table.values), dtype=object)
                cells = table.counts[: len(values)].reshape(len(values), len(names), WIDTH)
                value, measure = np.nonzero(cells.any(axis=-1))
                rows = len(value)
                columns = [
                    pa.repeat(pa.scalar(day, pa.date32()), rows), pa.repeat(version, rows), pa.repeat(cohort, rows),
                    pa.array(values[value], pa.string()), pa.array(names[measure], pa.string()),
                    *(pa.array(counts) for counts in np.ascontiguousarray(cells[value, measure].T)),
                ]  # fmt: skip
                yield pa.table(columns, schema=COUNT_SCHEMA)
