"""The log on Kafka: an idempotent producer, acknowledged by all replicas, keyed by the end-to-end id."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from confluent_kafka import KafkaException, Producer

from pixguard.decision_log.errors import DecisionLogError
from pixguard.stream.kafka import Security, librdkafka_security

log = logging.getLogger(__name__)
DELIVERY_S = 60.0
QUEUE_KIB = 65_536
_ID = b'"end_to_end_id":"'


class KafkaSink:
    """Hands lines to librdkafka, which batches and retries; `delivery_s` after it took a line, the line is lost.

    How each side proves itself to the other comes from the environment (PIXGUARD_KAFKA_…), unless it is given.
    """

    def __init__(
        self,
        brokers: str,
        topic: str,
        *,
        client_id: str,
        delivery_s: float = DELIVERY_S,
        security: Security | None = None,
    ) -> None:
        settings: dict[str, Any] = {
            "bootstrap.servers": brokers,
            "client.id": client_id,
            "enable.idempotence": True,
            "acks": "all",
            "compression.type": "lz4",
            "linger.ms": 20,
            "queue.buffering.max.kbytes": QUEUE_KIB,
            "delivery.timeout.ms": int(delivery_s * 1000),
            "error_cb": _log_error,
            "log_level": 0,  # it would print to stderr what `error_cb` hears
        }
        settings |= librdkafka_security(security or Security.of_environment())
        self._topic, self._lost = topic, 0
        try:
            self._producer = Producer(settings)
        except KafkaException as error:
            raise DecisionLogError(f"kafka://{brokers}/{topic}: {error.args[0].str()}") from error

    def write(self, lines: Sequence[bytes]) -> int:
        """Queue lines in librdkafka until its queue is full; the rest stays with the caller."""
        for place, line in enumerate(lines):
            try:
                self._producer.produce(self._topic, value=line, key=_key(line), on_delivery=self._delivered)
            except BufferError:
                return place
        return len(lines)

    def tick(self) -> int:
        """Take delivery reports; return how many lines the broker never took."""
        self._producer.poll(0)
        return self._lost_now()

    def close(self, timeout_s: float) -> int:
        """Wait for the broker, at most `timeout_s`; what is still here then is given up, and lost."""
        left = int(self._producer.flush(timeout_s))
        if left:
            log.error("kafka topic %s: %d decisions were not taken within %.0f s", self._topic, left, timeout_s)
            self._producer.purge()
            self._producer.flush(1)
        return self._lost_now()

    def _delivered(self, error: Any, _message: Any) -> None:
        if error is not None:
            self._lost += 1

    def _lost_now(self) -> int:
        lost, self._lost = self._lost, 0
        return lost


def _key(line: bytes) -> bytes:
    """Return the id of a record's line without reading all of it: ids have 32 characters."""
    at = line.index(_ID) + len(_ID)
    return line[at : at + 32]


def _log_error(error: Any) -> None:
    log.warning("kafka: %s", error.str())
