"""State of the keys of a payment + the payment's own time → its aggregates, for one payment or for many at once.

Every window is `[floor(t / hop) * hop - window + hop, t)`. A tile lies inside when its hop begins there, an event when
it happened there; what lies inside is gathered into one cell for each (row, segment), a column for each operation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from pixguard.declaration import Aggregate, FeatureSet
from pixguard.sketch import ESTIMATES
from pixguard.state.blob import EVENT_WORDS, NEVER, TILE_WORDS, TILES_AT, Header, header
from pixguard.state.layout import COLUMNS, layouts

Words = NDArray[np.int64]
Found = list[tuple[int, bytes, Header]]
_TABLE = np.array(ESTIMATES, dtype=np.int64)
_LARGEST = np.iinfo(np.int64).max


class Merger:
    """Planned once for a feature set; `views` says in which order a payment's keys are given."""

    def __init__(self, feature_set: FeatureSet) -> None:
        by_view, of_entity = feature_set.by_view(), layouts(feature_set)
        self.views = tuple(by_view)
        self.aggregates = tuple(a for own in by_view.values() for a in own)
        self._layouts = [of_entity[own[0].measure.entity] for own in by_view.values()]
        self._first = np.cumsum([0, *(len(layout.segments) for layout in self._layouts)])
        # One more segment takes what belongs to none: its window is empty.
        self._hop_us = np.concatenate([*(layout.hop_us for layout in self._layouts), [1]])
        self._hops_back = 1 - np.concatenate([*(layout.reach for layout in self._layouts), [0]])
        self._stride = len(self._hop_us)
        self._kinds = max(len(layout.kinds) for layout in self._layouts)
        self._segments = self._segment_table()
        self._segment_of, self._column_of = self._places(by_view)
        self._has_distinct = bool((self._column_of == COLUMNS["distinct"]).any())
        self._has_minima = bool(np.isin(self._column_of, (COLUMNS["min"], COLUMNS["first"])).any())

    def merge(self, times_us: Words, blobs: Sequence[bytes | None]) -> tuple[Words, Words, NDArray[np.bool_]]:
        """Return aggregates int64 [aggregates, rows], the newest event known, and whether state is ahead, both [rows].

        `blobs` holds for each row the state of each view in turn, None where nothing is known. State is ahead where its
        tiles are not those of the row's time (`Header.is_ahead_of`): the row comes too late to be exact. StateError as
        in `header`.
        """
        rows, views = len(times_us), len(self.views)
        found = [(i, blob, header(self._layouts[i % views], blob)) for i, blob in enumerate(blobs) if blob is not None]
        out = np.zeros((len(COLUMNS), rows * self._stride), dtype=np.int64)
        if self._has_minima:
            out[4:6] = _LARGEST
        if found:
            self._gather(found, times_us, out)
        if self._has_minima:
            out[4:6, out[0] == 0] = 0
        if self._has_distinct:
            out[6] = _TABLE[np.bitwise_count(out[6].view(np.uint64))]
        merged = out.reshape(len(COLUMNS), rows, self._stride)[self._column_of, :, self._segment_of]
        return (merged, *_marks(found, times_us.tolist(), views))

    def _gather(self, found: Found, times_us: Words, out: Words) -> None:
        row, view = np.divmod(np.array([i for i, _, _ in found]), len(self.views))
        start_us = ((times_us[:, None] // self._hop_us + self._hops_back) * self._hop_us).ravel()
        end_us, base = times_us[row], row * self._stride
        blob_numbers = np.arange(len(found))
        if any(known.tiles for _, _, known in found):
            joined = b"".join([blob[TILES_AT : known.events_at] for _, blob, known in found])
            segment, time_us, *columns = np.frombuffer(joined, dtype="<i8").reshape(-1, TILE_WORDS).T
            of = np.repeat(blob_numbers, [known.tiles for _, _, known in found])
            cell = (base + self._first[view])[of] + segment
            inside = np.flatnonzero((time_us >= start_us[cell]) & (time_us < end_us[of]))
            self._add(out, cell[inside], [column[inside] for column in columns])
        if any(known.events for _, _, known in found):
            joined = b"".join([blob[known.events_at :] for _, blob, known in found])
            time_us, amount, code = np.frombuffer(joined, dtype="<i8").reshape(-1, EVENT_WORDS).T
            of = np.repeat(blob_numbers, [known.events for _, _, known in found])
            cells = self._segments.take((view * self._kinds)[of] + (code & 255), axis=1) + base[of]
            inside = (time_us >= start_us[cells]) & (time_us < end_us[of])
            event = np.nonzero(inside)[1]
            amount, time_us, bitmap = amount[event], time_us[event], np.left_shift(1, code[event] >> 8)
            self._add(out, cells[inside], [1, amount, amount, time_us, amount, time_us, bitmap])

    def _add(self, out: Words, cell: Words, columns: Sequence[Words | int]) -> None:
        count, total, largest, last, smallest, first, bitmap = columns
        np.add.at(out[0], cell, count)
        np.add.at(out[1], cell, total)
        np.maximum.at(out[2], cell, largest)
        np.maximum.at(out[3], cell, last)
        if self._has_minima:
            np.minimum.at(out[4], cell, smallest)
            np.minimum.at(out[5], cell, first)
        if self._has_distinct:
            np.bitwise_or.at(out[6], cell, bitmap)

    def _segment_table(self) -> Words:
        """Segments of an event by view and kind, int64 [most, views * kinds]."""
        most = max(layout.segments_of_kind.shape[1] for layout in self._layouts)
        table = np.full((len(self.views), self._kinds, most), self._stride - 1, dtype=np.int64)
        for number, layout in enumerate(self._layouts):
            own = layout.segments_of_kind
            placed = np.where(own < 0, self._stride - 1, own + self._first[number])
            table[number, : own.shape[0], : own.shape[1]] = placed
        return np.ascontiguousarray(table.reshape(-1, most).T)

    def _places(self, by_view: Mapping[str, Iterable[Aggregate]]) -> tuple[Words, Words]:
        """Return the segment and the column of each aggregate, int64 [aggregates]."""
        places = [
            (self._first[number] + layout.place(a)[0], layout.place(a)[1])
            for number, (own, layout) in enumerate(zip(by_view.values(), self._layouts, strict=True))
            for a in own
        ]
        segment, column = np.array(places, dtype=np.int64).T
        return segment, column


def _marks(found: Found, times_us: list[int], views: int) -> tuple[Words, NDArray[np.bool_]]:
    """Return for each row the newest event's time, and whether a tile may hold an event that is not before it."""
    newest, is_ahead = [NEVER] * len(times_us), [False] * len(times_us)
    for i, _, known in found:
        row = i // views
        newest[row] = max(newest[row], known.newest_us)
        is_ahead[row] = is_ahead[row] or known.is_ahead_of(times_us[row])
    return np.array(newest, dtype=np.int64), np.array(is_ahead, dtype=np.bool_)
