"""Sends payments and labels to the stream: to Kafka, idempotent and confirmed by all replicas, or into segment files.

ProducerError (a PixguardError)
"""

from __future__ import annotations

import json
import os
import time
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from pixguard.errors import PixguardError, UsageError
from pixguard.stream.kafka import DEAD_LETTER_TOPIC, TOPIC_OF_KIND, Security, kafka_address, librdkafka_security
from pixguard.stream.messages import encode

# Why each is set: a retry neither doubles nor reorders; a message counts when every in-sync replica has it; a broker
# that does not answer for that long is an error, not a wait without end.
SAFE = {"enable.idempotence": True, "acks": "all", "delivery.timeout.ms": 60_000, "linger.ms": 5}
_FLUSH_S = 90


class ProducerError(PixguardError):
    """Messages that the broker did not take; the message says how many and why, never what they hold."""


class Sender(Protocol):
    """Takes messages; what was sent is safe once `flush` has returned."""

    def send(self, kind: str, data: Mapping[str, Any]) -> None:
        """Send a payment or a label given by field."""

    def send_dead(self, value: str, reason: str) -> None:
        """Send a message that broke the contract to the dead letters."""

    def flush(self) -> None:
        """Wait until all is safe; ProducerError where some of it is not."""

    def close(self) -> None:
        """Flush, and let go."""


def open_sender(address: str, *, security: Security | None = None, settings: Mapping[str, Any] | None = None) -> Sender:
    """Return the sender to `kafka://host:9092[,host:9092]` or `file:///folder`; UsageError for another address."""
    if address.startswith("file:///"):
        return FolderSender(Path(address.removeprefix("file://")))
    if address.startswith("kafka://"):
        return KafkaSender(address, security or Security.of_environment(), settings or {})
    raise UsageError(f"{address!r}: give kafka://host:port[,host:port] or file:///folder")


class KafkaSender:
    """A librdkafka producer; payments are keyed by payer, so that those of one payer stay in order."""

    def __init__(self, address: str, security: Security, settings: Mapping[str, Any]) -> None:
        self._failed: dict[str, int] = {}
        self._producer = Producer(
            {"bootstrap.servers": kafka_address(address)[0], **SAFE, **librdkafka_security(security), **settings}
        )

    def send(self, kind: str, data: Mapping[str, Any]) -> None:
        """Queue a message; a full queue makes this wait."""
        self._produce(TOPIC_OF_KIND[kind], encode(kind, data), str(data["payer_id"]).encode())

    def send_dead(self, value: str, reason: str) -> None:
        """Queue a dead letter, its reason as a header."""
        self._produce(DEAD_LETTER_TOPIC, value.encode(), None, [("reason", reason.encode())])

    def flush(self) -> None:
        """Wait for all confirmations; ProducerError counts what was not confirmed."""
        left = self._producer.flush(_FLUSH_S)
        if left:
            self._failed["no answer"] = self._failed.get("no answer", 0) + left
        if self._failed:
            reasons = ", ".join(f"{count} {reason}" for reason, count in sorted(self._failed.items()))
            self._failed = {}
            raise ProducerError(f"Kafka did not take all messages ({reasons}): see the broker, then send them again")

    def close(self) -> None:
        """Flush; librdkafka ends with the object."""
        self.flush()

    def _produce(self, topic: str, value: bytes, key: bytes | None, headers: Any = None) -> None:
        try:
            while True:
                try:
                    self._producer.produce(topic, value, key, headers=headers, on_delivery=self._delivered)
                    self._producer.poll(0)
                    return
                except BufferError:  # the queue is full: let some of it go first
                    self._producer.poll(0.1)
        except KafkaException as error:
            raise ProducerError(f"Kafka: {error.args[0].name()}; see the broker and PIXGUARD_KAFKA_…") from error

    def _delivered(self, error: KafkaError | None, _message: Message) -> None:
        if error is not None:
            self._failed[error.name()] = self._failed.get(error.name(), 0) + 1


class FolderSender:
    """Segment files of messages, one a line; names order them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lines: list[bytes] = []

    def send(self, kind: str, data: Mapping[str, Any]) -> None:
        """Keep a message for the next segment."""
        self._lines.append(encode(kind, data))

    def send_dead(self, value: str, reason: str) -> None:
        """Keep a dead letter for the next segment."""
        self._lines.append(json.dumps({"value": value, "reason": reason}).encode())

    def flush(self) -> None:
        """Write what was sent since the last flush as one segment, to the disk."""
        if self._lines:
            write_segment(self._folder, f"{time.time_ns():020d}-{uuid.uuid4().hex[:8]}", self._lines)
            self._lines = []

    def close(self) -> None:
        """Flush."""
        self.flush()


def write_segment(folder: Path, name: str, lines: Sequence[bytes]) -> Path:
    """Write `<folder>/<name>.jsonl` to the disk; it appears by a rename, whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    temporary, path = folder / f".{name}.{os.getpid()}", folder / f"{name}.jsonl"
    with temporary.open("wb") as file:
        file.writelines(line + b"\n" for line in lines)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    return path
