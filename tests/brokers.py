"""A process that speaks the Kafka protocol, for tests of both ends."""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, NewTopic

from pixguard.stream.kafka import DEAD_LETTER_TOPIC, TOPICS


@contextmanager
def broker(folder: Path, partitions: int = 2) -> Iterator[str]:
    """Run noida-db's Kafka on a free port with our topics; yield host:port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    binary = Path(str(files("noida_db"))) / "noida-db"  # the script around it would outlive a signal
    binary.chmod(0o755)
    command = [str(binary), "start", "--data-dir", str(folder), "--only", "kafka", "--kafka-port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            address = f"127.0.0.1:{port}"
            _make_topics(address, partitions)
            yield address
        finally:
            process.terminate()


def _make_topics(address: str, partitions: int) -> None:
    client = AdminClient({"bootstrap.servers": address, "log_level": 0})
    deadline = time.monotonic() + 30
    while True:
        try:
            client.list_topics(timeout=1)
            break
        except KafkaException:
            if time.monotonic() > deadline:
                raise
    made = client.create_topics([NewTopic(topic, partitions, 1) for topic in (*TOPICS, DEAD_LETTER_TOPIC)])
    for future in made.values():
        future.result(timeout=30)
