"""The Kafka sink against a broker process that speaks the protocol (noida-db), and against one that is away."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import noida_db
import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, NewTopic

from pixguard.decision_log import open_decision_log, read_record
from pixguard.decision_log.kafka import KafkaSink
from tests.decision_log.records import line

BROKER = Path(noida_db.__file__).with_name("noida-db")  # itself: its launcher would leave it behind


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if not BROKER.exists():
        pytest.skip("no noida-db in this environment; install the dev extra to run what needs a Kafka broker")
    folder, port = tmp_path_factory.mktemp("kafka"), free_port()
    command = [str(BROKER), "start", "--data-dir", str(folder), "--only", "kafka", "--kafka-port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder) as process:
        address = f"127.0.0.1:{port}"
        admin = AdminClient({"bootstrap.servers": address, "log_level": 0})
        for _ in range(100):
            try:
                admin.list_topics(timeout=1)
                break
            except KafkaException:
                time.sleep(0.1)
        for future in admin.create_topics([NewTopic("decisions", 1, 1)]).values():
            future.result(10)
        yield address
        process.terminate()
    shutil.rmtree(folder, ignore_errors=True)


def consumed(broker: str, topic: str, count: int) -> list[tuple[bytes, bytes]]:
    consumer = Consumer(
        {"bootstrap.servers": broker, "group.id": f"t{time.time_ns()}", "auto.offset.reset": "earliest"}
    )
    consumer.subscribe([topic])
    found: list[tuple[bytes, bytes]] = []
    deadline = time.monotonic() + 30
    while len(found) < count and time.monotonic() < deadline:
        message = consumer.poll(0.5)
        if message is None:
            continue
        if message.error() is not None:
            assert message.error().code() == KafkaError._PARTITION_EOF
            continue
        found.append((message.key(), message.value()))
    consumer.close()
    return found


def test_decisions_arrive_in_order_keyed_by_their_id(broker: str) -> None:
    log = open_decision_log(f"kafka://{broker}/decisions", "r1")
    for n in range(300):
        log.put(line(n))
    assert log.close() == 0
    found = consumed(broker, "decisions", 300)
    assert [read_record(value).end_to_end_id for _, value in found] == [f"X{n:031d}" for n in range(300)]
    assert [key for key, _ in found] == [f"X{n:031d}".encode() for n in range(300)]


def test_a_broker_that_is_away_costs_counted_decisions_and_no_time() -> None:
    sink = KafkaSink(f"127.0.0.1:{free_port()}", "decisions", client_id="r1", delivery_s=60)
    began = time.monotonic()
    assert sink.write([line(n) for n in range(50)]) == 50
    assert time.monotonic() - began < 1
    assert sink.close(0.5) == 50


def test_a_full_producer_takes_a_part_and_leaves_the_rest_to_the_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pixguard.decision_log.kafka.QUEUE_KIB", 64)
    sink = KafkaSink(f"127.0.0.1:{free_port()}", "decisions", client_id="r1", delivery_s=1.5)
    lines = [line(n) for n in range(2000)]
    taken = sink.write(lines)
    assert 0 < taken < 2000
    assert sink.write(lines[taken:]) == 0
    deadline, lost = time.monotonic() + 20, 0
    while lost < taken and time.monotonic() < deadline:
        time.sleep(0.1)
        lost += sink.tick()
    assert lost == taken
    assert sink.close(0.1) == 0
