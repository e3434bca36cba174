"""The bytes of one key's state: a header, hop tiles, and the newest events as they came.

Little-endian int64 words. Header: layout fingerprint, tiles, events, `folded_until` (time of the newest event inside a
tile), `newest` (when the newest event happened: its time less its kind's delay). A tile: segment, begin of the hop in
microseconds UTC, then the columns of `layout.COLUMNS`. An event: time in microseconds UTC, amount in centavos, its code
(kind + 256 * bit).

Adding events is a concatenation. Only when more than FOLD_AT are raw, the older ones are folded into tiles: most keys
of a payment system never come that far, and the price for the busy ones is spread over FOLD_AT - KEEP events.
"""

from __future__ import annotations

import struct
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pixguard.errors import PixguardError
from pixguard.state.layout import COLUMNS, StateLayout

NEVER = -(2**63)
KEEP, FOLD_AT = 16, 48
SETTLE_US, MOST_RAW = 10_000_000, 512
LATE_US = 15 * 60_000_000


class Folding(NamedTuple):
    """When events are folded into tiles: more than `fold_at` have gathered, and then all but the `keep` newest.

    Events younger than `settle_us` stay raw, so that a payment which comes out of order is still answered as of its
    own time; a key with more than `most_raw` of them gives that up, and the answer says so (`Vectors.is_ahead`).
    `late_us` is how late a payment may come and still find every tile its windows reach; the stream drops one that
    comes later. A replay that squeezes hours into a second squeezes them here too.
    """

    keep: int = KEEP
    fold_at: int = FOLD_AT
    settle_us: int = SETTLE_US
    most_raw: int = MOST_RAW
    late_us: int = LATE_US


FOLDING = Folding()

EVENT_WORDS = 3
TILE_WORDS = 2 + len(COLUMNS)
_HEADER = struct.Struct("<5q")
_REDUCED = ((np.add, slice(2, 4)), (np.maximum, slice(4, 6)), (np.minimum, slice(6, 8)), (np.bitwise_or, slice(8, 9)))

Words = NDArray[np.int64]


class StateError(PixguardError):
    """State that this version cannot read: of another layout, or damaged; it is rebuilt by `pixguard backfill`."""


class Header(NamedTuple):
    """What a blob says of itself; offsets are in bytes."""

    tiles: int
    events: int
    folded_until_us: int
    newest_us: int

    def is_ahead_of(self, time_us: int) -> bool:
        """Tell whether a tile may hold events that are not before `time_us`, or one that it reaches may be gone."""
        folded = self.folded_until_us
        return folded >= time_us or (folded != NEVER and self.newest_us - LATE_US > time_us)

    @property
    def events_at(self) -> int:
        """Where the raw events begin."""
        return _HEADER.size + self.tiles * TILE_WORDS * 8


TILES_AT = _HEADER.size
EMPTY = Header(0, 0, NEVER, NEVER)


def header(layout: StateLayout, blob: bytes) -> Header:
    """Return the header of a blob; StateError where the blob is of another layout or cut short."""
    if len(blob) < _HEADER.size:
        raise StateError(f"{layout.entity} state: {len(blob)} bytes, wanted a header; run pixguard backfill")
    fingerprint, *rest = _HEADER.unpack_from(blob)
    if fingerprint != layout.fingerprint:
        raise StateError(f"{layout.entity} state: made for other declarations than these; run pixguard backfill")
    found = Header(*rest)
    if found.events_at + found.events * EVENT_WORDS * 8 != len(blob):
        raise StateError(f"{layout.entity} state: {len(blob)} bytes, its header says otherwise; run pixguard backfill")
    return found


def newest_us(blob: bytes) -> int:
    """Return the time of the newest event in a state, microseconds UTC."""
    return int(_HEADER.unpack_from(blob)[4])


def event_rows(time_us: Any, amount_centavos: Any, kind: Any, bit: Any) -> Words:
    """Return events as int64 [events, 3] from arrays or numbers; `bit` (0 to 63) is the place in a bitmap."""
    code = np.asarray(kind, dtype=np.int64) + 256 * np.asarray(bit, dtype=np.int64)
    return np.stack(np.broadcast_arrays(np.asarray(time_us, np.int64), np.asarray(amount_centavos, np.int64), code), 1)


def append(layout: StateLayout, blob: bytes | None, events: Words, folding: Folding = FOLDING) -> bytes:
    """Return the state with more events, int64 [events, 3], in any order; an event must not come twice.

    StateError as in `header`.
    """
    known = EMPTY if blob is None else header(layout, blob)
    if not len(events):
        return blob or _bytes(layout, EMPTY, b"", b"")
    newest = max(known.newest_us, int((events[:, 0] - layout.delay_us[events[:, 2] & 255]).max()))
    body = b"" if blob is None else blob[TILES_AT:]
    grown = known._replace(events=known.events + len(events), newest_us=newest)
    whole = _bytes(layout, grown, body, events.tobytes())
    return whole if grown.events <= folding.fold_at else _fold(layout, whole, grown, folding)


def rewound(layout: StateLayout, blob: bytes, time_us: int) -> bytes | None:
    """Return the state as it was at an earlier time: without the raw events that happened at it or later.

    What a tile holds stays; whether that is too much, `Header.folded_until_us` tells. None where nothing is left.
    """
    known = header(layout, blob)
    _, events = contents(blob, known)
    happened_us = events[:, 0] - layout.delay_us[events[:, 2] & 255]
    left = events[happened_us < time_us]
    if not len(left) and not known.tiles:
        return None
    newest = int(happened_us[happened_us < time_us].max(initial=known.folded_until_us))
    before = known._replace(events=len(left), newest_us=newest)
    return _bytes(layout, before, blob[TILES_AT : known.events_at], left.tobytes())


def contents(blob: bytes, known: Header) -> tuple[Words, Words]:
    """Return the tiles [tiles, 9] and raw events [events, 3] of a blob."""
    words = np.frombuffer(blob, dtype="<i8")
    at = known.events_at // 8
    return words[TILES_AT // 8 : at].reshape(-1, TILE_WORDS), words[at:].reshape(-1, EVENT_WORDS)


def _bytes(layout: StateLayout, known: Header, body: bytes, more: bytes) -> bytes:
    return b"".join((_HEADER.pack(layout.fingerprint, *known), body, more))


def _fold(layout: StateLayout, blob: bytes, known: Header, folding: Folding) -> bytes:
    """Fold all but the newest events into tiles, and drop the tiles that no window reaches any more.

    What a delay still hides stays raw: in a tile it could not be told from what is visible.
    """
    tiles, events = contents(blob, known)
    events = events[np.argsort(events[:, 0], kind="stable")]
    settled, visible = np.searchsorted(
        events[:, 0], [known.newest_us - folding.settle_us, known.newest_us], side="right"
    )
    folded = int(max(min(visible - folding.keep, settled), len(events) - max(folding.keep, folding.most_raw)))
    if folded <= 0:
        return blob
    tiles = np.concatenate([tiles, tiles_of(layout, events[:folded])])
    merged = _merge(_alive(layout, tiles, known.newest_us - folding.late_us))
    after = Header(
        len(merged), len(events) - folded, max(known.folded_until_us, int(events[folded - 1, 0])), known.newest_us
    )
    return _bytes(layout, after, merged.tobytes(), events[folded:].tobytes())


def tiles_of(layout: StateLayout, events: Words) -> Words:
    """Return a tile for each event and each segment it belongs to, int64 [tiles, 9]."""
    segments = layout.segments_of_kind[events[:, 2] & 255]
    event, place = np.nonzero(segments >= 0)
    segment = segments[event, place]
    time_us, amount, code = events[event].T
    hop_us = layout.hop_us[segment]
    bitmap = np.left_shift(1, code >> 8)
    columns = [
        segment,
        time_us // hop_us * hop_us,
        np.ones_like(amount),
        amount,
        amount,
        time_us,
        amount,
        time_us,
        bitmap,
    ]
    return np.column_stack(columns)


def _alive(layout: StateLayout, tiles: Words, time_us: int) -> Words:
    """Keep the tiles that a payment at `time_us` or later can still reach."""
    first = (time_us // layout.hop_us + 1 - layout.reach) * layout.hop_us
    alive: Words = tiles[tiles[:, 1] >= first[tiles[:, 0]]]
    return alive


def _merge(tiles: Words) -> Words:
    """Merge tiles of the same segment and hop."""
    if not len(tiles):
        return tiles
    tiles = tiles[np.lexsort((tiles[:, 1], tiles[:, 0]))]
    changes = np.any(np.diff(tiles[:, :2], axis=0) != 0, axis=1)
    starts = np.concatenate([[0], np.flatnonzero(changes) + 1])
    merged: Words = tiles[starts]
    for operation, columns in _REDUCED:
        merged[:, columns] = operation.reduceat(tiles[:, columns], starts)
    return merged
