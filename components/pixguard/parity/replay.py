"""History as it might have arrived: segments of messages in order of arrival, some late, some twice, and who asks when.

A payment is asked about once everything that happened before it has arrived, so its features are known exactly; by then
the state holds newer events too, which must not count. Time is squeezed: a segment holds minutes or hours of payments.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from pixguard import lake as lakes
from pixguard.declaration import FeatureSet
from pixguard.errors import PixguardError
from pixguard.lake import write_json
from pixguard.online import OnlineFeatures
from pixguard.online_store import OnlineStore
from pixguard.parity.compare import Comparison, compare, total
from pixguard.parity.reference import Reference
from pixguard.payment import PAYMENT_SCHEMA, Payment
from pixguard.producer import write_segment
from pixguard.state import Folding
from pixguard.stream.messages import LABEL_MESSAGE_FIELDS, encode

_ASKED_AT_ONCE = 2_000
_MOST_RAW = 10**9


class ReplayError(PixguardError):
    """A replay that cannot be made or did not finish; the message says what is missing."""


@dataclass(frozen=True)
class Disorder:
    """How messages arrive: the share that is late, by up to `late_us`, and the share that comes twice."""

    late_share: float = 0.05
    late_us: int = 600_000_000
    twice_share: float = 0.01
    seed: int = 7


@dataclass(frozen=True)
class Replay:
    """Arrivals of a lake's payments and labels, cut into segments of `span_us`; all arrays are in event order.

    `segment` [payments] is the segment after which a payment is asked about.
    """

    payments: pa.Table
    segment: NDArray[np.int64]
    segments: int
    folding: Folding

    def asked(self, number: int) -> pa.Table:
        """Return the payments that are asked about after a segment."""
        return self.payments.filter(pa.array(self.segment == number))


def make(lake: Path, folder: Path, span_us: int, disorder: Disorder, since_us: int | None = None) -> Replay:
    """Write the segments of a lake's history into `folder` unless they are there, and return the replay.

    Payments before `since_us` are neither sent nor asked about: a backfill brings them.
    """
    payments, labels = _table(lake, "payments"), _table(lake, "labels")
    payments, labels = _since(payments, "event_time", since_us), _since(labels, "known_at", since_us)
    if not len(payments):
        raise ReplayError(f"{lake}: holds no payments to replay")
    random = np.random.default_rng(disorder.seed)
    paid_us, known_us = _times(payments, "event_time"), _times(labels, "known_at")
    start_us = int(min(paid_us.min(), known_us.min() if len(known_us) else paid_us.min()))
    arrivals = [_arrivals(random, times, disorder) for times in (paid_us, known_us)]
    asked = (paid_us + disorder.late_us - start_us) // span_us
    segments = int(asked.max()) + 1  # what arrives later nobody asks about
    if not folder.exists():
        _write(folder, (payments, labels), arrivals, lambda at_us: (at_us - start_us) // span_us, segments)
    settle_us = 2 * span_us + disorder.late_us
    folding = Folding(settle_us=settle_us, late_us=settle_us, most_raw=_MOST_RAW)
    return Replay(payments, asked, segments, folding)


class Asker:
    """Asks about a segment's payments as a request would, and writes what differs from batch into `reports`."""

    def __init__(self, replay: Replay, lake: Path, feature_set: FeatureSet, store: OnlineStore, reports: Path) -> None:
        self._replay, self._store, self._reports = replay, store, reports
        self._online, self._reference = OnlineFeatures(feature_set), Reference(lake, feature_set)
        reports.mkdir(parents=True, exist_ok=True)

    def ask(self, number: int) -> Comparison:
        """Compare the payments of a segment and keep the report; asking again gives the same report."""
        payments = self._replay.asked(number)
        parts = [self._compare(payments.slice(at, _ASKED_AT_ONCE)) for at in range(0, len(payments), _ASKED_AT_ONCE)]
        found = total(parts)
        write_json(self._reports / f"{number:06d}.json", found.to_json())
        return found

    def result(self) -> Comparison:
        """Return the sum of the reports; ReplayError where a segment was not asked about."""
        files = sorted(self._reports.glob("*.json"))
        if len(files) != self._replay.segments:
            raise ReplayError(f"{self._reports}: {len(files)} of {self._replay.segments} segments were asked about")
        return total(Comparison.from_json(json.loads(file.read_text("utf-8"))) for file in files)

    def _compare(self, table: pa.Table) -> Comparison:
        payments = [Payment(**row) for row in table.to_pylist()]
        keys = [key for payment in payments for key in self._online.keys(payment)]
        states = self._store.read(keys)
        merged, _, _ = self._online.aggregate(payments, states)
        vectors = self._online.from_aggregates(payments, merged)
        aggregates, inputs = self._reference.rows(table)
        parts = compare(self._online.aggregates, merged.T, aggregates), compare(self._online.names, vectors, inputs)
        both = total(parts)
        return Comparison(len(table), both.values, both.differing, both.largest)


def _table(lake: Path, part: str) -> pa.Table:
    names = PAYMENT_SCHEMA.names if part == "payments" else [field.name for field in LABEL_MESSAGE_FIELDS]
    time = "event_time" if part == "payments" else "known_at"
    files = [pq.read_table(file, columns=names, partitioning=None) for file in lakes.files(lake, part)]
    schema = pa.schema([field.arrow for field in LABEL_MESSAGE_FIELDS])
    whole = pa.concat_tables(files) if files else schema.empty_table()
    return whole.sort_by([(time, "ascending"), ("end_to_end_id", "ascending")])


def _since(table: pa.Table, column: str, since_us: int | None) -> pa.Table:
    return table if since_us is None else table.filter(pa.array(_times(table, column) >= since_us))


def _times(table: pa.Table, column: str) -> NDArray[np.int64]:
    times: NDArray[np.int64] = table[column].cast(pa.int64()).to_numpy()
    return times


def _arrivals(
    random: np.random.Generator, times_us: NDArray[np.int64], disorder: Disorder
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return when messages arrive and which row each is: every row once, some late, some a second time, later still."""
    late = (random.random(len(times_us)) < disorder.late_share) * random.random(len(times_us)) * disorder.late_us
    first = times_us + late.astype(np.int64)
    twice = np.flatnonzero(random.random(len(times_us)) < disorder.twice_share)
    again = times_us[twice] + disorder.late_us
    rows = np.concatenate([np.arange(len(times_us)), twice])
    return np.concatenate([first, np.maximum(first[twice], again)]), rows


def _write(
    folder: Path,
    tables: tuple[pa.Table, pa.Table],
    arrivals: list[tuple[NDArray[np.int64], NDArray[np.int64]]],
    segment_of: Callable[[NDArray[np.int64]], NDArray[np.int64]],
    segments: int,
) -> None:
    """Write one file a segment; their times of change order them for Spark."""
    building = folder.with_name(f".{folder.name}")
    at_us = np.concatenate([at for at, _ in arrivals])
    rows = np.concatenate([rows for _, rows in arrivals])
    kind = np.repeat([0, 1], [len(arrivals[0][1]), len(arrivals[1][1])])
    order = np.lexsort((rows, kind, at_us))
    bounds = np.searchsorted(segment_of(at_us[order]), np.arange(segments + 1))
    for number in range(segments):
        chosen = order[bounds[number] : bounds[number + 1]]
        lines = list(_lines(*tables, kind[chosen], rows[chosen]))
        path = write_segment(building, f"{number:06d}", lines or [b"{}"])
        os.utime(path, (1_700_000_000 + number, 1_700_000_000 + number))
    building.replace(folder)


def _lines(payments: pa.Table, labels: pa.Table, kind: NDArray[np.int64], rows: NDArray[np.int64]) -> Iterator[bytes]:
    tables = (("payment", payments), ("label", labels))
    made = {
        number: iter(table.take(pa.array(rows[kind == number])).to_pylist()) for number, (_, table) in enumerate(tables)
    }
    for number in kind:
        yield encode(tables[number][0], next(made[int(number)]))
