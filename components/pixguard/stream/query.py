"""The stream, wired: messages → contract → one of each → events → state per key → online store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the field's name for it
from pyspark.sql.pandas.types import from_arrow_schema
from pyspark.sql.streaming.query import StreamingQuery
from pyspark.sql.streaming.readwriter import DataStreamWriter

from pixguard.declaration import FeatureSet
from pixguard.state import FOLDING, Folding, layouts
from pixguard.stream import heartbeat
from pixguard.stream.backfill import is_loaded, kept_states, read_record
from pixguard.stream.checkpoint import CheckpointError, Checkpoints, Record
from pixguard.stream.events import bucket, events
from pixguard.stream.heartbeat import Heartbeat
from pixguard.stream.key_state import STATES, KeyState
from pixguard.stream.messages import FACTS, decoding
from pixguard.stream.segments import cleaned_until_us
from pixguard.stream.sink import Written, write
from pixguard.stream.source import Source, messages

# Why each is set: state lives in RocksDB, of which a batch saves the changes only; memory has a bound however many keys
# there are; the rows of a store are not counted, which would read before every write; the newest batches suffice for
# going back; and no batch runs without messages.
SETTINGS = {
    "spark.sql.streaming.stateStore.providerClass": (
        "org.apache.spark.sql.execution.streaming.state.RocksDBStateStoreProvider"
    ),
    "spark.sql.streaming.stateStore.rocksdb.changelogCheckpointing.enabled": "true",
    "spark.sql.streaming.stateStore.rocksdb.boundedMemoryUsage": "true",
    "spark.sql.streaming.stateStore.rocksdb.maxMemoryUsageMB": "512",
    "spark.sql.streaming.stateStore.rocksdb.trackTotalNumberOfRows": "false",
    "spark.sql.streaming.minBatchesToRetain": "10",
    "spark.sql.streaming.noDataMicroBatches.enabled": "false",
    "spark.sql.session.timeZone": "UTC",
    **heartbeat.SETTINGS,
}
# Hadoop starts processes for each file that it writes into a folder of this machine (readlink, chmod), fifty a batch.
# With these settings, and without checksum files, it is one a file; and no kill can part a file from its checksum.
LOCAL = {
    "spark.sql.streaming.checkpointFileManagerClass": (
        "org.apache.spark.sql.execution.streaming.checkpointing.FileSystemBasedCheckpointFileManager"
    )
}
QUERY, ACCEPTED = "state", "accepted"

Watcher = Callable[[int, Written], None]


@dataclass(frozen=True)
class StreamOptions:
    """What a stream reads, where its state and its answers go; `backfill` is the folder that `pixguard backfill` made.

    `partitions` is fixed by the checkpoint; `trigger_s` None runs what there is and ends. `connector` names the format
    that reads Kafka. `zero_amounts` takes payments of 0, for a lake whose mapping does (`zero: accept`).
    """

    feature_set: FeatureSet
    source: Source
    online_store: str
    checkpoint: str
    backfill: Path | None = None
    partitions: int = 2
    trigger_s: float | None = 0
    folding: Folding = field(default=FOLDING)
    connector: str = "kafka"
    zero_amounts: bool = False


def unwatched(_number: int, _written: Written) -> None:
    """Take no notice."""


def start(
    spark: SparkSession, options: StreamOptions, watch: Watcher = unwatched, heart: Heartbeat | None = None
) -> StreamingQuery:
    """Start the query and return it; `watch` hears of every batch once it is visible to requests, `heart` of its life.

    CheckpointError where checkpoint or backfill are of other declarations.
    """
    session = new_session(spark, options)
    record = _record(options)
    checkpoint = Checkpoints(spark, options.checkpoint).claim(record, lambda: _take_over(session, options, record))

    def write_batch(states: DataFrame, number: int) -> None:
        watch(number, write(states, options.online_store, options.feature_set))

    stream = messages(session, options.source, connector=options.connector)
    writing = states(session, stream, options, record.cut_us).writeStream.queryName(QUERY).foreachBatch(write_batch)
    writing = writing.option("checkpointLocation", checkpoint).outputMode("append")
    if heart is not None:
        heart.listen(session)
    return triggered(writing, options.trigger_s).start()


def new_session(spark: SparkSession, options: StreamOptions) -> SparkSession:
    """Return a session of its own for a query, with its settings."""
    session, settings = spark.newSession(), SETTINGS | {"spark.sql.shuffle.partitions": str(options.partitions)}
    if options.checkpoint.startswith(("/", "file:/")):
        settings |= LOCAL
        files = session._jvm.org.apache.hadoop.fs.FileSystem  # type: ignore[union-attr] # there is one: no Connect client
        files.getLocal(session._jsc.hadoopConfiguration()).setWriteChecksum(False)
    for name, value in settings.items():
        session.conf.set(name, value)
    return session


def states(session: SparkSession, stream: DataFrame, options: StreamOptions, cut_us: int | None) -> DataFrame:
    """Return the stream of changed states (state_key, blob) from a stream of messages (value)."""
    declared = layouts(options.feature_set)
    once = deduplicated(facts(stream, zero_amounts=options.zero_amounts), options.folding, cut_us)
    initial = None
    if options.backfill is not None:
        initial = kept_states(session, options.backfill).withColumn("bucket", bucket(F.col("state_key")))
    return (
        events(once, declared)
        .groupBy("bucket")
        .transformWithStateInPandas(
            KeyState(declared, options.folding),
            STATES,
            "Append",
            "None",
            initialState=None if initial is None else initial.groupBy("bucket"),
        )
    )


def facts(stream: DataFrame, *, zero_amounts: bool = False) -> DataFrame:
    """Return what the contract accepts of a stream of messages; what it does not is the dead-letter query's."""
    accepted = stream.mapInArrow(decoding("facts", zero_amounts=zero_amounts), from_arrow_schema(FACTS))
    labels = F.count(F.when(F.col("fact") != "payment", 1))
    return accepted.observe(ACCEPTED, F.count(F.lit(1)).alias("facts"), labels.alias("labels"))


def deduplicated(accepted: DataFrame, folding: Folding, cut_us: int | None) -> DataFrame:
    """Return each fact once; one that is too late to be told from a duplicate is dropped, and counted by Spark."""
    if cut_us is not None:
        accepted = accepted.where(F.col("time") >= F.timestamp_micros(F.lit(cut_us)))
    return accepted.withWatermark("time", f"{folding.late_us} microseconds").dropDuplicatesWithinWatermark(["id"])


def triggered(writing: DataStreamWriter, trigger_s: float | None) -> DataStreamWriter:
    """Set how often a batch begins: None for what there is now, 0 for one after the other."""
    if trigger_s is None:
        return writing.trigger(availableNow=True)
    return writing.trigger(processingTime=f"{trigger_s} seconds")


def _record(options: StreamOptions) -> Record:
    """Return what the checkpoint is for, having held the backfill's declarations against these."""
    name, declared = options.feature_set.name, layouts(options.feature_set)
    if options.backfill is None:
        return replace(Record.of(name, declared), zero_amounts=options.zero_amounts)
    found = read_record(options.backfill)
    Record.of(name, declared).check(found, str(options.backfill))
    if found.zero_amounts and not options.zero_amounts:
        raise CheckpointError(f"{options.backfill} counts payments of 0: start the stream with --zero-amounts")
    return replace(found, zero_amounts=options.zero_amounts)


def _take_over(session: SparkSession, options: StreamOptions, record: Record) -> None:
    """Bring the backfill online, unless it is; CheckpointError where messages after its cut are gone."""
    if options.backfill is None or record.cut_us is None:
        return
    folder = options.source.folder
    gone_us = 0 if folder is None else cleaned_until_us(folder)
    if record.cut_us < gone_us:
        raise CheckpointError(
            f"{options.source.address}: messages of the time after the backfill's cut were removed, up to "
            f"{_text(gone_us)}; ingest later payments into the lake and run pixguard backfill again"
        )
    if not is_loaded(options.backfill, options.online_store):
        write(kept_states(session, options.backfill), options.online_store, options.feature_set)


def _text(time_us: int) -> str:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=time_us)).isoformat(timespec="seconds")
