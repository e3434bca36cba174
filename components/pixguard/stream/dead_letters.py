"""Messages that break the contract, set aside with their reason: a query of its own over the same source.

It runs seldom and keeps its own checkpoint, so a flood of poison does not hold up the payments. In a folder a batch
that is run again replaces its segment; on Kafka a dead letter may come twice, never not at all.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.pandas.types import from_arrow_schema
from pyspark.sql.streaming.query import StreamingQuery

from pixguard.producer import open_sender, write_segment
from pixguard.stream.heartbeat import Heartbeat
from pixguard.stream.messages import DEAD_LETTERS, decoding
from pixguard.stream.query import StreamOptions, new_session, triggered
from pixguard.stream.source import messages

QUERY = "dead_letters"
EVERY_S = 30.0


def start(
    spark: SparkSession,
    options: StreamOptions,
    address: str,
    watch: Callable[[int], None] = lambda _count: None,
    heart: Heartbeat | None = None,
) -> StreamingQuery:
    """Start the query; dead letters go to `file:///folder` or `kafka://…`, and `watch` hears how many there were."""
    session = new_session(spark, options)

    def set_aside(dead: DataFrame, number: int) -> None:
        rows = [(row["value"], row["reason"]) for row in dead.toLocalIterator()]
        if rows:
            _keep(address, number, rows)
        watch(len(rows))

    stream = messages(session, options.source, connector=options.connector)
    dead = stream.mapInArrow(decoding("dead", zero_amounts=options.zero_amounts), from_arrow_schema(DEAD_LETTERS))
    writing = dead.writeStream.queryName(QUERY).foreachBatch(set_aside)
    writing = writing.option("checkpointLocation", f"{options.checkpoint}-dead-letters")
    if heart is not None:
        heart.listen(session)
    return triggered(writing, None if options.trigger_s is None else EVERY_S).start()


def _keep(address: str, number: int, rows: list[tuple[str, str]]) -> None:
    if address.startswith("file:///"):
        lines = [json.dumps({"value": value, "reason": reason}).encode() for value, reason in rows]
        write_segment(Path(address.removeprefix("file://")), f"{number:012d}", lines)
        return
    sender = open_sender(address)
    for value, reason in rows:
        sender.send_dead(value, reason)
    sender.close()
