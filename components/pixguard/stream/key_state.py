"""The stateful operator: events of a group of keys → the new state of each key, kept by Spark in RocksDB.

Spark groups by bucket; inside it a map holds one blob for each key. Events of a batch are ordered within their key, so
that a batch which is run again makes the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyspark.sql.streaming.stateful_processor import StatefulProcessor, StatefulProcessorHandle
from pyspark.sql.types import BinaryType, IntegerType, LongType, StringType, StructField, StructType

from pixguard.declaration import MICROSECONDS
from pixguard.state import Folding, append, newest_us
from pixguard.stream.events import BUCKETS, EVENT_COLUMNS, Layouts
from pixguard.stream.state_calls import get_values, put_values

STATES = StructType([StructField("state_key", StringType()), StructField("blob", BinaryType())])
"""What the operator returns: keys that changed, with all of their state."""

_BUCKET = StructType([StructField("bucket", IntegerType())])
_KEY = StructType([StructField("state_key", StringType())])
_BLOB = StructType([StructField("blob", BinaryType())])
_TIME = StructType([StructField("swept_us", LongType())])
_SWEEP_US = MICROSECONDS["d"]


class Group(NamedTuple):
    """The events of one key, int64 [events, 3]."""

    key: str
    events: NDArray[np.int64]


class KeyState(StatefulProcessor):
    """State of keys; a key whose events no window reaches any more is forgotten, once a day of event time."""

    def __init__(self, layouts: Layouts, folding: Folding) -> None:
        self._layouts, self._folding = dict(layouts), folding

    def init(self, handle: StatefulProcessorHandle) -> None:
        """Open the bucket's states."""
        self._blobs = handle.getMapState("blobs", _KEY, _BLOB)
        self._swept = handle.getValueState("swept", _TIME)

    def handleInputRows(self, key: Any, rows: Any, timerValues: Any) -> Iterator[pd.DataFrame]:  # noqa: ARG002, N802, N803
        """Add a bucket's events to the state of their keys."""
        frame = pd.concat(list(rows), ignore_index=True)
        groups = grouped(frame)
        keys = [group.key for group in groups]
        blobs = [self._append(group, old) for group, old in zip(groups, get_values(self._blobs, keys), strict=True)]
        put_values(self._blobs, keys, blobs)
        self._sweep(int(key[0]), int(frame["time_us"].max()))
        yield pd.DataFrame({"state_key": keys, "blob": blobs})

    def handleInitialState(self, key: Any, initialState: Any, timerValues: Any) -> None:  # noqa: ARG002, N802, N803
        """Take over the state that a backfill computed, before the first batch."""
        put_values(self._blobs, list(initialState["state_key"]), list(initialState["blob"]))

    def close(self) -> None:
        """Keep nothing between batches."""

    def _append(self, group: Group, blob: bytes | None) -> bytes:
        layout = self._layouts[group.key.partition(":")[0]]  # type: ignore[index] # the prefix is an entity
        return append(layout, blob, group.events, folding=self._folding)

    def _sweep(self, number: int, now_us: int) -> None:
        """Forget quiet keys when a day has passed since the last time; buckets take turns over the day."""
        found = self._swept.get()
        turn_us = (now_us - number * _SWEEP_US // BUCKETS) // _SWEEP_US * _SWEEP_US
        if found is not None and turn_us <= found[0]:
            return
        self._swept.update((turn_us,))
        if found is not None:
            reach = {entity: quiet_after_us(layout, self._folding) for entity, layout in self._layouts.items()}
            quiet = [
                name[0]
                for name, blob in self._blobs.iterator()
                if newest_us(blob[0]) + reach[name[0].partition(":")[0]] < now_us
            ]
            for name in quiet:
                self._blobs.removeKey((name,))


def grouped(frame: pd.DataFrame) -> list[Group]:
    """Return the events of each key, ordered by time, amount and code; keys in order."""
    keys, number = np.unique(frame["state_key"].to_numpy(dtype="U"), return_inverse=True)
    events = frame[list(EVENT_COLUMNS)].to_numpy(dtype=np.int64)
    order = np.lexsort((events[:, 2], events[:, 1], events[:, 0], number))
    bounds = np.searchsorted(number[order], np.arange(len(keys) + 1))
    ordered = events[order]
    return [Group(str(key), ordered[bounds[i] : bounds[i + 1]]) for i, key in enumerate(keys)]


def quiet_after_us(layout: Any, folding: Folding) -> int:
    """Return how long after its newest event a key can still matter to a payment that is not too late."""
    longest = max(segment.window_us + segment.hop_us for segment in layout.segments)
    return int(longest + layout.delay_us.max() + folding.late_us)
