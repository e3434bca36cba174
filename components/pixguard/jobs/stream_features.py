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

from pixguard.errors import PixguardError
from pixguard.features import FEATURE_SETS
from pixguard.jobs.arguments import online_store as store_address
from pixguard.jobs.spark import session
from pixguard.stream.kafka import PYTHON_KAFKA, Security
from pixguard.stream.metrics import StreamMetrics
from pixguard.stream.query import StreamOptions
from pixguard.stream.segments import KEEP_H, LEAST_KEEP_H
from pixguard.stream.source import Source
from pixguard.stream.supervise import Stream, keep_running

log = logging.getLogger(__name__)
_END_S = 20.0


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
    zero_amounts: bool = False,
    metrics_port: int | None = None,
    keep_h: float = KEEP_H,
    master: str | None = "local[2]",
    memory: str = "2g",
    ending: threading.Event | None = None,
) -> StreamMetrics:
    """Run the stream until `ending` is set, or until all is read with `available_now`; return its metrics.

    `lake` holds the backfill at whose cut the stream takes over, also from one that comes later. Segments of a folder
    go `keep_h` hours after they were worked off. Raises StreamError where a query fails.
    """
    metrics = StreamMetrics(feature_set)
    options = StreamOptions(
        feature_set=FEATURE_SETS[feature_set],
        source=Source(source, per_batch, security=Security.of_environment()),
        online_store=store_address(online_store),
        checkpoint=checkpoint,
        partitions=partitions,
        connector=connector,
        zero_amounts=zero_amounts,
        trigger_s=None if available_now else trigger_s,
    )
    stream = Stream(options, dead_letters_to, lake, keep_h)
    with session("stream_features", master=master, memory=memory) as spark, _served(metrics, metrics_port):
        keep_running(spark, stream, metrics, ending or threading.Event())
    return metrics


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
    parser.add_argument(
        "--keep-h", type=_hours, default=KEEP_H, help="hours that segments of a folder stay (%(default)s)"
    )
    parser.add_argument("--zero-amounts", action="store_true", help="take payments of 0, as a mapping's `zero: accept`")
    parser.add_argument("--metrics-port", type=int, help="serve Prometheus metrics here")
    parser.add_argument("--master", default=None, help="Spark master; default: the one that spark-submit chose")
    parser.add_argument("--memory", default="2g", help="of a local driver (%(default)s)")
    return parser.parse_args(argv)


def _hours(text: str) -> float:
    hours = float(text)
    if hours < LEAST_KEEP_H:
        raise argparse.ArgumentTypeError(f"{hours:g}: segments must stay {LEAST_KEEP_H:g} hours at least")
    return hours


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
