"""Keeps the stream's queries running: from their checkpoints when they fail, from the cut when there is a new backfill.

StreamError (a PixguardError)
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from pyspark.errors import StreamingQueryException
from pyspark.sql import SparkSession
from pyspark.sql.streaming.query import StreamingQuery

from pixguard.errors import PixguardError
from pixguard.pulse import open_pulses
from pixguard.state import FOLDING
from pixguard.stream import dead_letters, query
from pixguard.stream.backfill import folder_name, read_record
from pixguard.stream.checkpoint import RECORD
from pixguard.stream.heartbeat import Heartbeat, Signs
from pixguard.stream.metrics import StreamMetrics
from pixguard.stream.query import StreamOptions
from pixguard.stream.segments import KEEP_H, clean

log = logging.getLogger(__name__)
TRIES = 4
_LOOK_S = 0.5
_CLEAN_S = 60.0
_LAST_WORD_S = 5.0


class StreamError(PixguardError):
    """The stream ended by a failure; it goes on from its checkpoint when it is started again."""


@dataclass(frozen=True)
class Stream:
    """What the queries are started with; a backfill is looked for in the lake each time."""

    options: StreamOptions
    dead_letters_to: str
    lake: Path | None = None
    keep_h: float = KEEP_H

    @property
    def backfill(self) -> Path | None:
        """The folder of the backfill to go on from, None where there is none."""
        folder = None if self.lake is None else self.lake / folder_name(self.options.feature_set)
        return folder if folder is not None and (folder / RECORD).exists() else None

    @property
    def backfill_id(self) -> str | None:
        """What tells this backfill from the one before it."""
        folder = self.backfill
        return None if folder is None else read_record(folder).backfill

    def current(self) -> StreamOptions:
        """Return the options as of now: Kafka is read from a little before the cut, for what was sent ahead of it."""
        folder = self.backfill
        cut_us = None if folder is None else read_record(folder).cut_us
        start_us = None if cut_us is None else cut_us - FOLDING.late_us
        return replace(self.options, backfill=folder, source=replace(self.options.source, start_us=start_us))


def keep_running(spark: SparkSession, stream: Stream, metrics: StreamMetrics, ending: threading.Event) -> None:
    """Run until `ending` is set or all is read; a store may have been away, so what fails is tried again.

    StreamError when it fails TRIES times without a batch in between.
    """
    tries = 0
    while True:
        batches = metrics.batches
        try:
            if not _run(spark, stream, metrics, ending):
                return
            log.info("there is a new backfill: going on from its cut")
        except StreamError as error:
            tries = 1 if metrics.batches > batches else tries + 1
            if tries >= TRIES or ending.is_set():
                raise
            log.warning("%s", error)
            ending.wait(2**tries)


def _run(spark: SparkSession, stream: Stream, metrics: StreamMetrics, ending: threading.Event) -> bool:
    """Run until all is read or the end is near; True where a new backfill asks for a new start."""
    options, began_with = stream.current(), stream.backfill_id
    with closing(open_pulses(options.online_store, options.feature_set)) as pulses:
        signs, clean_at = Signs(pulses), time.monotonic() + _CLEAN_S
        with _queries(spark, stream, options, metrics, signs) as queries:
            while not ending.wait(_LOOK_S):
                for one in queries:
                    _raise_failure(one)
                if stream.backfill_id != began_with:
                    return True
                if not any(one.isActive for one in queries):
                    break
                if time.monotonic() > clean_at:
                    clean_at += _CLEAN_S
                    _clean(stream, signs.all_done_us)
    return False


@contextmanager
def _queries(
    spark: SparkSession, stream: Stream, options: StreamOptions, metrics: StreamMetrics, signs: Signs
) -> Iterator[list[StreamingQuery]]:
    """Start both queries, and stop them at the end; one that only reads what there is promises nothing to requests."""
    heart = partial(Heartbeat, is_limited=options.source.per_batch > 0)
    own = heart(signs.of(query.QUERY, is_pulse=options.trigger_s is not None), progressed=metrics.progressed)
    running: list[StreamingQuery] = []
    try:
        running.append(query.start(spark, options, metrics.wrote, own))
        dead = heart(signs.of(dead_letters.QUERY))
        running.append(dead_letters.start(spark, options, stream.dead_letters_to, metrics.died, dead))
        log.info("reading %s, writing state of %s", options.source.address, options.feature_set.name)
        yield running
    finally:
        for one in running:
            one.stop()
    own.ended.wait(_LAST_WORD_S)  # what it told before is counted then


def _clean(stream: Stream, done_us: int) -> None:
    folder = stream.options.source.folder
    gone = clean(folder, done_us, stream.keep_h) if folder is not None and done_us else 0
    if gone:
        log.info("removed %d segments that were worked off %g hours ago or earlier", gone, stream.keep_h)


def _raise_failure(one: StreamingQuery) -> None:
    error = one.exception()
    if error is not None:
        raise StreamError(f"{one.name}: {_cause(error)}; start it again, it goes on from its checkpoint") from error


def _cause(error: StreamingQueryException) -> str:
    """Return the line of a Python or Java trace that says what was wrong."""
    lines = [line.strip() for line in str(error).splitlines()]
    own = [line for line in lines if line.startswith("pixguard.")]
    return own[-1] if own else next((line for line in lines if line), "no reason given")
