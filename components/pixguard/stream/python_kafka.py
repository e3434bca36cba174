"""Kafka read by a small Python data source, where Spark's connector is not at hand: laptops and tests.

It takes the options of Spark's own source, so what stands above it and what builds its options are the same; how to
prove itself it takes from the environment. Offsets are kept by Spark's checkpoint.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from pyspark.sql.datasource import DataSource, DataSourceStreamReader, InputPartition
from pyspark.sql.streaming.datasource import ReadAllAvailable, ReadLimit, ReadMaxRows, SupportsTriggerAvailableNow
from pyspark.sql.types import StructType

from pixguard.errors import PixguardError
from pixguard.stream.kafka import PYTHON_KAFKA, Security, librdkafka_security

_WAIT_S, DEADLINE_S = 1.0, 30.0


class KafkaReadError(PixguardError):
    """A broker that does not answer, or offsets that it no longer holds; the message says which."""


class PythonKafka(DataSource):
    """The format `pixguard_kafka`, with the options of Spark's `kafka`."""

    @classmethod
    def name(cls) -> str:
        """Return the name of the format."""
        return PYTHON_KAFKA

    def schema(self) -> str:
        """Return the columns: the value alone is read."""
        return "value binary"

    def streamReader(self, schema: StructType) -> DataSourceStreamReader:  # noqa: ARG002, N802 - Spark's name
        """Return the reader."""
        return Reader(dict(self.options))


class Range(InputPartition):
    """Messages of one partition of a topic, from an offset until before another."""

    def __init__(self, topic: str, partition: int, start: int, end: int) -> None:
        self.topic, self.partition, self.start, self.end = topic, partition, start, end


class Reader(DataSourceStreamReader, SupportsTriggerAvailableNow):
    """Offsets are `{"topic/partition": next}`."""

    def __init__(self, options: Mapping[str, str]) -> None:
        self._options = {name.lower(): value for name, value in options.items()}
        self._target: dict[str, int] = {}

    def initialOffset(self) -> dict[str, int]:  # noqa: N802 - Spark's name
        """Return where a query without a checkpoint begins."""
        with self._consumer() as consumer:
            if "startingtimestamp" in self._options:
                return _at_time(consumer, self._partitions(consumer), int(self._options["startingtimestamp"]))
            latest = self._options.get("startingoffsets") == "latest"
            return {_name(one): _watermarks(consumer, one)[latest] for one in self._partitions(consumer)}

    def getDefaultReadLimit(self) -> ReadLimit:  # noqa: N802 - Spark's name
        """Return how much a batch may take."""
        most = int(self._options.get("maxoffsetspertrigger", 0))
        return ReadMaxRows(most) if most else ReadAllAvailable()

    def latestOffset(self, start: dict[str, int], limit: ReadLimit) -> dict[str, int]:  # noqa: N802 - Spark's name
        """Return how far a batch reads: to the ends of all partitions, or the same share of what each has left."""
        with self._consumer() as consumer:
            ends = self._target or self._ends(consumer)
        waiting = sum(end - start.get(name, 0) for name, end in ends.items())
        if not isinstance(limit, ReadMaxRows) or waiting <= limit.max_rows:
            return ends
        left = {name: end - start.get(name, 0) for name, end in ends.items()}
        return {name: start.get(name, 0) + -(-left[name] * limit.max_rows // waiting) for name in ends}

    def prepareForTriggerAvailableNow(self) -> None:  # noqa: N802 - Spark's name
        """Read no further than what there is now."""
        with self._consumer() as consumer:
            self._target = self._ends(consumer)

    def partitions(self, start: dict[str, int], end: dict[str, int]) -> Sequence[InputPartition]:
        """Return the ranges between two offsets; a partition that is new begins at 0."""
        ranges = []
        for name, until in end.items():
            topic, _, partition = name.rpartition("/")
            since = start.get(name, 0)
            if until > since:
                ranges.append(Range(topic, int(partition), since, until))
        return ranges

    def read(self, partition: InputPartition) -> Iterator[tuple[bytes]]:
        """Yield the values of a range; KafkaReadError where the broker holds them no more or does not answer."""
        assert isinstance(partition, Range)
        at, deadline = partition.start, time.monotonic() + DEADLINE_S
        with self._consumer() as consumer:
            consumer.assign([TopicPartition(partition.topic, partition.partition, at)])
            while at < partition.end:
                messages = consumer.consume(min(500, partition.end - at), timeout=_WAIT_S)
                if not messages and time.monotonic() > deadline:
                    raise KafkaReadError(f"{partition.topic}/{partition.partition}: no answer at offset {at}")
                for message in messages:
                    _check(message.error(), partition)
                    offset = message.offset()
                    if offset is None or offset >= partition.end:
                        return
                    at, deadline = offset + 1, time.monotonic() + DEADLINE_S
                    yield (message.value() or b"",)

    def commit(self, end: dict[str, int]) -> None:
        """Do nothing: the checkpoint holds the offsets."""

    def _ends(self, consumer: Consumer) -> dict[str, int]:
        return {_name(one): _watermarks(consumer, one)[1] for one in self._partitions(consumer)}

    def _partitions(self, consumer: Consumer) -> list[TopicPartition]:
        found = consumer.list_topics(timeout=DEADLINE_S).topics
        wanted = self._options["subscribe"].split(",")
        return [TopicPartition(topic, p) for topic in wanted if topic in found for p in sorted(found[topic].partitions)]

    @contextmanager
    def _consumer(self) -> Iterator[Consumer]:
        settings: dict[str, Any] = {
            "bootstrap.servers": self._options["kafka.bootstrap.servers"],
            "group.id": "pixguard-stream",
            "enable.auto.commit": False,
            "auto.offset.reset": "error",
            "isolation.level": "read_committed",
        }
        consumer = Consumer(settings | librdkafka_security(Security.of_environment()))
        try:
            yield consumer
        except KafkaException as error:
            raise KafkaReadError(f"Kafka: {error.args[0].name()}; see the broker and PIXGUARD_KAFKA_…") from error
        finally:
            consumer.close()


def _name(one: TopicPartition) -> str:
    return f"{one.topic}/{one.partition}"


def _watermarks(consumer: Consumer, one: TopicPartition) -> tuple[int, int]:
    found = consumer.get_watermark_offsets(one, timeout=DEADLINE_S)
    if found is None:
        raise KafkaReadError(f"{_name(one)}: the broker does not tell its offsets")
    return int(found[0]), int(found[1])


def _at_time(consumer: Consumer, partitions: list[TopicPartition], time_ms: int) -> dict[str, int]:
    asked = [TopicPartition(one.topic, one.partition, time_ms) for one in partitions]
    found = consumer.offsets_for_times(asked, timeout=DEADLINE_S)
    return {_name(one): one.offset if one.offset >= 0 else _watermarks(consumer, one)[1] for one in found}


def _check(error: KafkaError | None, partition: Range) -> None:
    if error is not None and error.code() == KafkaError._AUTO_OFFSET_RESET:
        where = f"{partition.topic}/{partition.partition}"
        raise KafkaReadError(f"{where}: Kafka no longer holds offset {partition.start}; run pixguard backfill")
    if error is not None:
        raise KafkaException(error)
