"""New states → the online store. Values are absolute, so a batch that is written again changes nothing."""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame

from pixguard.declaration import FeatureSet
from pixguard.online_store import open_online_store
from pixguard.state import FOLDING, layouts, newest_us
from pixguard.stream.key_state import quiet_after_us

FRESHNESS_S = (0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0)
"""Upper bounds of the freshness histogram, seconds: how old the newest event of a key was when it became visible."""
WRITTEN = "keys bigint, bytes bigint, lag_s double, lags array<bigint>"
_SCHEMA = pa.schema({"keys": pa.int64(), "bytes": pa.int64(), "lag_s": pa.float64(), "lags": pa.list_(pa.int64())})


class Written(NamedTuple):
    """What a batch wrote: keys, bytes of state, the sum of lags in seconds, and how many lie below each bound."""

    keys: int
    bytes: int
    lag_s: float
    lags: tuple[int, ...]


def write(states: DataFrame, address: str, feature_set: FeatureSet) -> Written:
    """Write a batch of states (state_key, blob) from where they are, without bringing them to the driver."""
    rows = states.mapInArrow(writer(address, feature_set), WRITTEN).collect()
    lags = np.sum([row["lags"] for row in rows] or [[0] * (len(FRESHNESS_S) + 1)], axis=0)
    totals = (sum(row[name] for row in rows) for name in ("keys", "bytes", "lag_s"))
    keys, size, lag_s = totals
    return Written(keys, size, lag_s, tuple(int(count) for count in lags))


def writer(address: str, feature_set: FeatureSet) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """Return the function that writes one partition and yields one row of WRITTEN.

    A key that nobody writes any more goes when no window can reach its newest event (Redis; SQLite keeps it).
    """
    ttl_s = math.ceil(max(quiet_after_us(one, FOLDING) for one in layouts(feature_set).values()) / 1e6)

    def write_partition(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        store = open_online_store(address, feature_set, timeout_s=30, ttl_s=ttl_s)
        keys, size, lags = 0, 0, [np.empty(0)]
        try:
            for batch in batches:
                by_entity: dict[str, dict[str, bytes]] = defaultdict(dict)
                for name, blob in zip(batch["state_key"].to_pylist(), batch["blob"].to_pylist(), strict=True):
                    entity, _, key = name.partition(":")
                    by_entity[entity][key] = blob
                for entity, states in by_entity.items():
                    store.write(entity, states)  # type: ignore[arg-type] # the prefix is an entity
                    keys, size = keys + len(states), size + sum(map(len, states.values()))
                    lags.append(time.time() - np.array([newest_us(blob) for blob in states.values()]) / 1e6)
        finally:
            store.close()
        lag_s = np.concatenate(lags)
        counts = np.bincount(np.searchsorted(FRESHNESS_S, lag_s), minlength=len(FRESHNESS_S) + 1)
        row = {"keys": keys, "bytes": size, "lag_s": float(lag_s.sum()), "lags": counts.tolist()}
        yield pa.RecordBatch.from_pylist([row], schema=_SCHEMA)

    return write_partition
