"""Senders: what was flushed is there, once; what a broker does not take is an error with a count."""

import json
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer

from pixguard.errors import UsageError
from pixguard.producer import SAFE, ProducerError, open_sender, write_segment
from pixguard.stream.kafka import DEAD_LETTER_TOPIC, TOPICS, Security
from pixguard.stream.messages import decode
from tests.brokers import broker
from tests.small_lake import labels, payments

ROWS, LABELS = payments(50).to_pylist(), labels(payments(50)).to_pylist()


def received(address: str, topic: str, count: int) -> list[Any]:
    settings = {"bootstrap.servers": address, "group.id": "test", "auto.offset.reset": "earliest"}
    consumer = Consumer(settings | {"enable.auto.commit": False})
    consumer.subscribe([topic])
    found: list[Any] = []
    for _ in range(60):
        found += [message for message in consumer.consume(100, timeout=0.5) if message.error() is None]
        if len(found) >= count:
            break
    consumer.close()
    return found


def test_kafka_holds_what_was_flushed_payers_in_order(tmp_path: Path) -> None:
    with broker(tmp_path) as address:
        sender = open_sender(f"kafka://{address}", security=Security())
        for row in ROWS:
            sender.send("payment", row)
        for row in LABELS:
            sender.send("label", row)
        sender.send_dead("poison", "no JSON")
        sender.flush()
        sender.close()
        found = received(address, TOPICS[0], len(ROWS))
        decoded = decode([message.value() for message in found])
        assert sorted(decoded.facts["id"].to_pylist()) == sorted(row["end_to_end_id"] for row in ROWS)
        partitions: dict[bytes, set[int]] = {}
        for message in found:
            partitions.setdefault(message.key(), set()).add(message.partition())
        assert all(len(of_payer) == 1 for of_payer in partitions.values())
        assert len(received(address, TOPICS[1], len(LABELS))) == len(LABELS)
        (dead,) = received(address, DEAD_LETTER_TOPIC, 1)
        assert (dead.value(), dead.headers()) == (b"poison", [("reason", b"no JSON")])


def test_an_absent_broker_is_an_error_that_counts() -> None:
    quick = {"message.timeout.ms": 500, "log_level": 0, "delivery.timeout.ms": 500}
    sender = open_sender("kafka://127.0.0.1:1", security=Security(), settings=quick)
    for row in ROWS[:3]:
        sender.send("payment", row)
    with pytest.raises(ProducerError, match=r"did not take all messages \(3 "):
        sender.flush()
    sender.flush()


def test_a_producer_is_idempotent_and_waits_for_all_replicas() -> None:
    assert (SAFE["enable.idempotence"], SAFE["acks"]) == (True, "all")


def test_a_folder_holds_whole_segments_in_order(tmp_path: Path) -> None:
    sender = open_sender(f"file://{tmp_path}/in")
    sender.flush()
    sender.send("payment", ROWS[0])
    sender.flush()
    sender.send("label", LABELS[0])
    sender.send_dead("poison", "no JSON")
    sender.close()
    first, second = sorted((tmp_path / "in").iterdir())
    assert decode(first.read_bytes().splitlines()).facts["id"].to_pylist() == [ROWS[0]["end_to_end_id"]]
    assert json.loads(second.read_bytes().splitlines()[1]) == {"value": "poison", "reason": "no JSON"}


def test_a_segment_written_again_replaces_itself(tmp_path: Path) -> None:
    write_segment(tmp_path, "1", [b"a"])
    path = write_segment(tmp_path, "1", [b"b", b"c"])
    assert path.read_bytes() == b"b\nc\n"
    assert list(tmp_path.iterdir()) == [path]


def test_another_address_is_refused() -> None:
    with pytest.raises(UsageError, match="give kafka://"):
        open_sender("http://x")
