"""History's state, computed by batch as of a cut: what happened before it is here, what happens later is the stream's.

`<lake>/<set>_state/<view>/bucket=…/` holds state_key, the view's join key, tiles, newest_event_us and event_time, so
that Feast can read it too. The folder is replaced as a whole.
"""

from __future__ import annotations

import itertools
import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the field's name for it

from pixguard import lake as lakes
from pixguard.declaration import FeatureSet
from pixguard.feast_format import JOIN_KEYS
from pixguard.feature_service import state_name
from pixguard.lake import write_json
from pixguard.published import publish
from pixguard.state import FOLDING, Folding, append, layouts, newest_us
from pixguard.stream.checkpoint import RECORD, CheckpointError, Record
from pixguard.stream.events import EVENT_COLUMNS, Layouts, events
from pixguard.stream.key_state import quiet_after_us

_LOADED = "loaded.json"
_STATE = pa.schema(
    {"bucket": pa.int32(), "state_key": pa.string(), "tiles": pa.binary(), "newest_event_us": pa.int64()}
)
_STATE_DDL = "bucket int, state_key string, tiles binary, newest_event_us bigint"


def folder_name(feature_set: FeatureSet) -> str:
    """Return the name of a lake's folder of a set's state."""
    return f"{feature_set.name}_state"


def read_record(folder: Path) -> Record:
    """Return what a backfill was made for; CheckpointError where there is none or it is damaged."""
    try:
        return Record.parse((folder / RECORD).read_text("utf-8"), str(folder))
    except FileNotFoundError as error:
        raise CheckpointError(f"{folder}: no backfill lies there; run pixguard backfill") from error


def note_loaded(folder: Path, address: str) -> None:
    """Note that all of a backfill is in an online store, so that the stream need not load it again."""
    write_json(folder / _LOADED, {"online_store": _bare(address)})


def is_loaded(folder: Path, address: str) -> bool:
    """Tell whether all of a backfill is in an online store, as the backfill left it."""
    note = folder / _LOADED
    return note.exists() and json.loads(note.read_text("utf-8")) == {"online_store": _bare(address)}


def _bare(address: str) -> str:
    """Return an address without user and password."""
    scheme, _, rest = address.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"


def lake_facts(spark: SparkSession, lake: Path) -> DataFrame:
    """Return the payments and labels of a lake as FACTS."""
    sides = ("amount_centavos", "payer_id", "payee_id")
    payments = spark.read.parquet(str(lake / "payments")).select(
        F.col("end_to_end_id").alias("id"), F.col("event_time").alias("time"), F.lit("payment").alias("fact"), *sides,
        F.col("device_id"),
    )  # fmt: skip
    if not any((lake / "labels").glob("known_date=*/*.parquet")):
        return payments
    labels = spark.read.parquet(str(lake / "labels")).select(
        F.concat_ws("|", "end_to_end_id", F.unix_micros("known_at")).alias("id"),
        F.col("known_at").alias("time"),
        F.when(F.col("is_fraud"), "fraud").otherwise("honest").alias("fact"),
        *sides,
        F.lit(None).cast("string").alias("device_id"),
    )
    return payments.unionByName(labels)


def history(facts: DataFrame, layouts_: Layouts, cut_us: int, folding: Folding = FOLDING) -> DataFrame:
    """Return the state of every key as of a cut: bucket, state_key, tiles, newest_event_us."""
    reach_us = max(quiet_after_us(layout, folding) for layout in layouts_.values())
    time_us = F.unix_micros("time")
    seen = facts.where((time_us < cut_us) & (time_us >= cut_us - reach_us))
    ordered = events(seen, layouts_).repartition("bucket").sortWithinPartitions("bucket", "state_key", *EVENT_COLUMNS)
    return ordered.mapInArrow(_folder(layouts_, folding), _STATE_DDL)


def write_history(lake: Path, staged: Path, feature_set: FeatureSet, states: DataFrame, cut_us: int) -> Path:
    """Write the states below `staged` and make them the lake's; return the folder."""
    made = states.select("*", _entity().alias("view"), *_for_feast())
    made.write.partitionBy("view", "bucket").parquet(str(staged / "all"))
    for entity in layouts(feature_set):
        view = staged / "all" / f"view={entity}"
        if view.exists():
            view.rename(staged / state_name(feature_set, entity))
    for leftover in (*staged.rglob("_SUCCESS"), *staged.rglob(".*.crc")):
        leftover.unlink()
    (staged / "all").rmdir()
    record = Record.of(feature_set.name, layouts(feature_set), cut_us, f"backfill-{uuid.uuid4().hex[:12]}")
    (staged / RECORD).write_text(replace(record, zero_amounts=_holds_zeros(lake)).text(), "utf-8")
    publish(lake, folder_name(feature_set), staged, keep=False)
    return lake / folder_name(feature_set)


def _holds_zeros(lake: Path) -> bool:
    """Tell from the files' statistics whether payments of 0 are among the lake's."""
    for file in lakes.files(lake, "payments"):
        found = pq.ParquetFile(file).metadata
        column = found.schema.names.index("amount_centavos")
        statistics = (found.row_group(number).column(column).statistics for number in range(found.num_row_groups))
        if any(one is not None and one.min == 0 for one in statistics):
            return True
    return False


def kept_states(spark: SparkSession, folder: Path) -> DataFrame:
    """Return the states of a backfill: state_key, blob."""
    views = [spark.read.parquet(str(path)).select("state_key", "tiles") for path in sorted(folder.glob("*_state"))]
    if not views:
        raise CheckpointError(f"{folder}: holds no state; run pixguard backfill on a lake with payments before the cut")
    whole = views[0]
    for view in views[1:]:
        whole = whole.unionByName(view)
    return whole.withColumnRenamed("tiles", "blob")


def measured(states: DataFrame) -> tuple[int, int]:
    """Return how many keys there are, and the bytes of their state."""
    (row,) = states.agg(F.count(F.lit(1)).alias("keys"), F.sum(F.length("blob")).alias("bytes")).collect()
    return int(row["keys"]), int(row["bytes"] or 0)


def _entity() -> Column:
    return F.substring_index("state_key", ":", 1)


def _for_feast() -> list[Column]:
    """Return the columns that Feast's views read: join keys, null in the rows of other entities, and a time."""
    key = F.substring_index("state_key", ":", -1)
    joined = [F.when(_entity() == entity, key).alias(name) for entity, name in JOIN_KEYS.items()]
    return [*joined, F.timestamp_micros("newest_event_us").alias("event_time")]


def _folder(layouts_: Layouts, folding: Folding) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """Return the function that folds sorted events into one blob for each key; a key may span several batches."""

    def fold(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        open_row: tuple[int, str, bytes] | None = None
        for batch in batches:
            if not batch.num_rows:
                continue
            done = []
            for bucket, key, rows in _runs(batch):
                if open_row is not None and open_row[1] != key:
                    done.append(open_row)
                    open_row = None
                blob = None if open_row is None else open_row[2]
                layout = layouts_[key.partition(":")[0]]  # type: ignore[index] # the prefix is an entity
                open_row = (bucket, key, append(layout, blob, rows, folding))
            yield _batch(done)
        yield _batch([] if open_row is None else [open_row])

    return fold


def _runs(batch: pa.RecordBatch) -> Iterator[tuple[int, str, np.ndarray[tuple[int, int], np.dtype[np.int64]]]]:
    """Yield bucket, key and events of each run of rows with the same key."""
    keys = batch["state_key"].to_numpy(zero_copy_only=False)
    rows = np.column_stack([batch[name].to_numpy() for name in EVENT_COLUMNS])
    starts = np.concatenate([[0], np.flatnonzero(keys[1:] != keys[:-1]) + 1, [len(keys)]])
    buckets = batch["bucket"].to_numpy()
    for first, end in itertools.pairwise(starts):
        yield int(buckets[first]), str(keys[first]), rows[first:end]


def _batch(rows: list[tuple[int, str, bytes]]) -> pa.RecordBatch:
    buckets, keys, blobs = zip(*rows, strict=True) if rows else ((), (), ())
    return pa.record_batch([list(buckets), list(keys), list(blobs), [newest_us(blob) for blob in blobs]], schema=_STATE)
