"""Keep the online state of keys fresh from payments and labels: `python -m pixguard.jobs.stream_features --help`.

Runs until it is told to end (SIGTERM) or, with --available-now, until all there is has been read. Killed at any point
it goes on from its checkpoint, and nothing is lost or counted twice.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import psutil
from prometheus_client import start_http_server
from py4j.protocol import Py4JError
from pyspark.errors import StreamingQueryException
from pyspark.sql import SparkSession
from pyspark.sql.streaming.query import StreamingQuery

from pixguard.errors import PixguardError
from pixguard.features import FEATURE_SETS
from pixguard.jobs.arguments import online_store as store_address
from pixguard.jobs.spark import session
from pixguard.state import FOLDING
from pixguard.stream import dead_letters, query
from pixguard.stream.backfill import folder_name, read_record
from pixguard.stream.checkpoint import RECORD
from pixguard.stream.kafka import PYTHON_KAFKA, Security
from pixguard.stream.metrics import StreamMetrics
from pixguard.stream.query import StreamOptions
from pixguard.stream.source import Source

log = logging.getLogger(__name__)
_LOOK_S = 0.5
_END_S = 20.0
TRIES = 4


class StreamError(PixguardError):
    """The stream ended by a failure; it goes on from its checkpoint when it is started again."""


def run(
    *,
    source: str,
    checkpoint: str,
    dead_letters_to: str,
    online_store: str = "",
    feature_set: str = "pix",
    lake: Path | None = None,
    available_now: bool = False,
    trigger_s: float = 0,
    per_batch: int = 0,
    partitions: int = 2,
    connector: str = "kafka",
    metrics_port: int | None = None,
    master: str | None = "local[2]",
    memory: str = "2g",
    ending: threading.Event | None = None,
) -> StreamMetrics:
    """Run the stream until `ending` is set, or until all is read with `available_now`; return its metrics.

    `lake` holds the backfill at whose cut the stream takes over. Raises StreamError where a query fails.
    """
    ending = ending or threading.Event()
    declared = FEATURE_SETS[feature_set]
    backfill = _backfill(lake, feature_set)
    options = StreamOptions(
        feature_set=declared,
        source=Source(source, per_batch, _start_us(backfill), Security.of_environment()),
        online_store=store_address(online_store),
        checkpoint=checkpoint,
        backfill=backfill,
        partitions=partitions,
        connector=connector,
        trigger_s=None if available_now else trigger_s,
    )
    metrics = StreamMetrics(feature_set)
    with session("stream_features", master=master, memory=memory) as spark, _served(metrics, metrics_port):
        _keep_running(spark, options, dead_letters_to, metrics, ending)
    return metrics


def _keep_running(
    spark: SparkSession, options: StreamOptions, dead_letters_to: str, metrics: StreamMetrics, ending: threading.Event
) -> None:
    """Run the queries, and start them again from their checkpoints when they fail: a store may have been away.

    StreamError when they fail TRIES times without a batch in between.
    """
    tries = 0
    while True:
        batches = metrics.batches
        try:
            return _run_queries(spark, options, dead_letters_to, metrics, ending)
        except StreamError as error:
            tries = 1 if metrics.batches > batches else tries + 1
            if tries >= TRIES or ending.is_set():
                raise
            log.warning("%s", error)
            ending.wait(2**tries)


def _run_queries(
    spark: SparkSession, options: StreamOptions, dead_letters_to: str, metrics: StreamMetrics, ending: threading.Event
) -> None:
    queries = [query.start(spark, options, metrics.wrote)]
    try:
        queries.append(dead_letters.start(spark, options, dead_letters_to, metrics.died))
        log.info("reading %s, writing state of %s", options.source.address, options.feature_set.name)
        while not ending.wait(_LOOK_S):
            _note(queries[0], metrics)
            for one in queries:
                _raise_failure(one)
            if not any(one.isActive for one in queries):
                break
        _note(queries[0], metrics)
    finally:
        for one in queries:
            one.stop()


def _raise_failure(one: StreamingQuery) -> None:
    error = one.exception()
    if error is not None:
        raise StreamError(f"{one.name}: {_cause(error)}; start it again, it goes on from its checkpoint") from error


def _cause(error: StreamingQueryException) -> str:
    """Return the line of a Python or Java trace that says what was wrong."""
    lines = [line.strip() for line in str(error).splitlines()]
    own = [line for line in lines if line.startswith("pixguard.")]
    return own[-1] if own else next((line for line in lines if line), "no reason given")


def _note(one: StreamingQuery, metrics: StreamMetrics) -> None:
    last = one.lastProgress
    if last is not None and last.batchId > metrics.last_batch + 1:  # more than one since we looked
        for progress in one.recentProgress:
            metrics.progressed(progress)
    elif last is not None:
        metrics.progressed(last)


def _backfill(lake: Path | None, feature_set: str) -> Path | None:
    if lake is None:
        return None
    folder = lake / folder_name(FEATURE_SETS[feature_set])
    return folder if (folder / RECORD).exists() else None


def _start_us(backfill: Path | None) -> int | None:
    """Return from when on Kafka is read: messages of the time after the cut may have been sent a little before it."""
    if backfill is None:
        return None
    cut_us = read_record(backfill).cut_us
    return None if cut_us is None else cut_us - FOLDING.late_us


@contextmanager
def _served(metrics: StreamMetrics, port: int | None) -> Iterator[None]:
    if port is None:
        yield
        return
    server, thread = start_http_server(port, registry=metrics.registry)
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Return the parsed arguments."""
    parser = argparse.ArgumentParser(prog="python -m pixguard.jobs.stream_features", description=__doc__)
    parser.add_argument("--source", required=True, help="kafka://host:port[,host:port][/topic,topic] or file:///folder")
    parser.add_argument("--online-store", default="", help="redis://… or sqlite:///…; default: PIXGUARD_ONLINE_STORE")
    parser.add_argument("--checkpoint", required=True, help="folder or s3a:// address; the stream's memory")
    parser.add_argument("--dead-letters", required=True, dest="dead_letters_to", help="kafka://host:port or file:///…")
    parser.add_argument("--feature-set", choices=sorted(FEATURE_SETS), default="pix", help="(%(default)s)")
    parser.add_argument("--lake", type=Path, help="lake whose backfill the stream takes over from")
    parser.add_argument("--available-now", action="store_true", help="read what there is, then end")
    parser.add_argument("--trigger-s", type=float, default=0, help="least time between batches (%(default)s)")
    parser.add_argument("--per-batch", type=int, default=0, help="most messages (Kafka) or files a batch takes; 0: all")
    parser.add_argument("--partitions", type=int, default=2, help="fixed by the checkpoint (%(default)s)")
    parser.add_argument(
        "--connector", choices=("kafka", PYTHON_KAFKA), default="kafka", help="reads Kafka (%(default)s)"
    )
    parser.add_argument("--metrics-port", type=int, help="serve Prometheus metrics here")
    parser.add_argument("--master", default=None, help="Spark master; default: the one that spark-submit chose")
    parser.add_argument("--memory", default="2g", help="of a local driver (%(default)s)")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Run until told to end; returns 0, or 1 with one line on what was wrong."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    logging.getLogger("py4j").setLevel(logging.WARNING)
    arguments = parse(argv)
    ending = _told_to_end()
    try:
        metrics = run(**vars(arguments), ending=ending)
    except PixguardError as error:
        log.error("%s", error)
        return 1
    except Py4JError:
        if not ending.is_set():
            raise
        log.info("ended together with Java")  # the signal reached both
        return 0
    log.info("ended after %d batches", metrics.batches)
    return 0


def _told_to_end() -> threading.Event:
    """Return the event that SIGTERM and SIGINT set.

    A signal may have ended Java too, and what asks it to stop then waits for ever: the checkpoint is safe at any
    moment, so what has not ended by itself after a while is killed.
    """
    ending = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        ending.set()
        last_resort = threading.Timer(_END_S, _end_all)
        last_resort.daemon = True
        last_resort.start()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    return ending


def _end_all() -> None:
    for child in psutil.Process().children(recursive=True):
        child.kill()
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
