"""Keep the decisions that servers send to Kafka: `python -m pixguard.jobs.keep_decisions --help`.

Writes them into a chained decision log, a folder a partition, each once; readers, `pixguard verify` and `pixguard
retain` work on it as on any other. Runs until it is told to end; with --once it ends at the topic's end. One process a
log.
How Kafka wants a client to prove itself comes from the environment (PIXGUARD_KAFKA_…).
"""

from __future__ import annotations

import argparse
import fcntl
import logging
import signal
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition
from prometheus_client import Counter, Gauge, start_http_server

from pixguard.decision_log import DecisionLogError
from pixguard.decision_log.keeper import Partition
from pixguard.errors import PixguardError
from pixguard.stream.kafka import Security, kafka_address, librdkafka_security

log = logging.getLogger(__name__)
ANSWER_S, BATCH, LOCK = 30.0, 2_000, "keeper.lock"
KEPT = Counter("pixguard_decisions_kept", "Decisions written into the chained log.")
REJECTED = Counter("pixguard_decisions_rejected", "Messages that are no decision, noted in the chain.")
WAITING = Gauge("pixguard_decisions_waiting", "Decisions that Kafka holds and the chained log does not yet.")


def run(
    *,
    source: str,
    decisions: Path,
    once: bool = False,
    accept_gap: bool = False,
    ended: Callable[[], bool] = lambda: False,
    security: Security | None = None,
) -> int:
    """Keep the topic of `source` in the folder `decisions` until `ended`, or its end; return how many were written.

    DecisionLogError where Kafka does not answer, where decisions are gone, or where another process keeps this log.
    """
    brokers, topics = kafka_address(source)
    if len(topics) != 1:
        raise DecisionLogError(
            f"{source}: name the one topic of decisions, as in kafka://broker:9092/pixguard.decisions"
        )
    with _alone(decisions), _consumer(brokers, security or Security.of_environment()) as consumer:
        keeper = Keeper(consumer, topics[0], decisions, accept_gap=accept_gap)
        try:
            return keeper.keep(ended, once=once)
        finally:
            keeper.close()


class Keeper:
    """All partitions of a topic, read by one consumer."""

    def __init__(self, consumer: Consumer, topic: str, decisions: Path, *, accept_gap: bool) -> None:
        self._consumer, self._topic = consumer, topic
        found = consumer.list_topics(topic, timeout=ANSWER_S).topics[topic]
        if found.error is not None:
            raise DecisionLogError(f"topic {topic}: {found.error.str()}")
        self._partitions: dict[int, Partition] = {}
        self._ends: dict[int, int] = {}
        begin: list[TopicPartition] = []
        for number in sorted(found.partitions):
            low, high = consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=ANSWER_S)
            one = self._partitions[number] = Partition(decisions, topic, number)
            begin.append(TopicPartition(topic, number, one.begin(low, accept_gap=accept_gap)))
            self._ends[number] = high
        consumer.assign(begin)

    def keep(self, ended: Callable[[], bool], *, once: bool) -> int:
        """Read and write until `ended`, or until what the topic held at the start is kept."""
        kept, looked = 0, time.monotonic()
        while not ended() and not (once and self._at_end()):
            kept += self._take(self._consumer.consume(BATCH, timeout=0.5))
            if time.monotonic() - looked > ANSWER_S:
                looked = time.monotonic()
                self._look()
            for one in self._partitions.values():
                one.tick()
        return kept

    def close(self) -> None:
        """Close the open segments."""
        for one in self._partitions.values():
            one.close()

    def _take(self, messages: Sequence[Message]) -> int:
        by_partition: dict[int, list[Message]] = defaultdict(list)
        for message in messages:
            _check(message.error())
            by_partition[message.partition() or 0].append(message)
        kept = 0
        for number, some in by_partition.items():
            taken = self._partitions[number].take(some)
            kept += taken.kept
            KEPT.inc(taken.kept)
            REJECTED.inc(taken.rejected)
            if taken.rejected:
                log.error("partition %d: %d messages are no decisions", number, taken.rejected)
        return kept

    def _look(self) -> None:
        """Ask how much waits, and whether the topic has partitions that nobody reads: then begin again."""
        for number in self._partitions:
            _, self._ends[number] = self._consumer.get_watermark_offsets(
                TopicPartition(self._topic, number), timeout=ANSWER_S
            )
        WAITING.set(sum(max(0, end - (self._partitions[n].offset or 0)) for n, end in self._ends.items()))
        if len(self._consumer.list_topics(self._topic, timeout=ANSWER_S).topics[self._topic].partitions) != len(
            self._ends
        ):
            raise DecisionLogError(f"topic {self._topic} has other partitions than at the start: start again")

    def _at_end(self) -> bool:
        return all((self._partitions[number].offset or 0) >= end for number, end in self._ends.items())


def main(argv: Sequence[str] | None = None) -> int:
    """Run the job from the command line; returns 1 on an error, after a line that says which."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    options = vars(parse(argv))
    stopping: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _frame: stopping.append(received))
    port = options.pop("metrics_port")
    try:
        if port:
            start_http_server(port)
        kept = run(**options, ended=lambda: bool(stopping))
    except PixguardError as error:
        log.error("%s", error)
        return 1
    log.info("%d decisions kept in %s", kept, options["decisions"])
    return 0


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Return the parsed arguments."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--source", required=True, help="kafka://broker:9092/topic")
    parser.add_argument("--decisions", type=Path, required=True, help="folder of the log")
    parser.add_argument("--once", action="store_true", help="end at the topic's end")
    parser.add_argument("--accept-gap", action="store_true", help="go on where Kafka dropped what was not kept")
    parser.add_argument("--metrics-port", type=int, default=0, help="serve Prometheus' metrics there (default: no)")
    return parser.parse_args(argv)


@contextmanager
def _alone(decisions: Path) -> Iterator[None]:
    """Hold the log's lock: two writers of one folder would tear its chain."""
    try:
        decisions.mkdir(parents=True, exist_ok=True)
        with (decisions / LOCK).open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
    except BlockingIOError as error:
        raise DecisionLogError(f"{decisions}: another process keeps this log; end it first") from error
    except OSError as error:
        raise DecisionLogError(f"{decisions}: {error}") from error


@contextmanager
def _consumer(brokers: str, security: Security) -> Iterator[Consumer]:
    settings: dict[str, Any] = {
        "bootstrap.servers": brokers,
        "group.id": "pixguard-keeper",
        "enable.auto.commit": False,
        "auto.offset.reset": "error",
        "isolation.level": "read_committed",
        "log_level": 0,
        "error_cb": lambda error: log.warning("kafka: %s", error.str()),
    }
    consumer = Consumer(settings | librdkafka_security(security))
    try:
        yield consumer
    except KafkaException as error:
        raise DecisionLogError(
            f"kafka://{brokers}: {error.args[0].str()}; see the broker and PIXGUARD_KAFKA_…"
        ) from error
    finally:
        consumer.close()


def _check(error: KafkaError | None) -> None:
    if error is not None:
        raise KafkaException(error)


if __name__ == "__main__":
    sys.exit(main())
