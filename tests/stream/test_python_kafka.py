"""From a producer through a broker and the small source into the online store, over a restart, poison set aside."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pixguard.features import PIX
from pixguard.online import StateKey
from pixguard.online_store import open_online_store
from pixguard.producer import open_sender
from pixguard.state import header, layouts
from pixguard.stream import dead_letters, python_kafka, query
from pixguard.stream.kafka import PYTHON_KAFKA, Security
from pixguard.stream.python_kafka import KafkaReadError, Reader
from pixguard.stream.query import StreamOptions
from pixguard.stream.source import Source, spark_options
from tests.brokers import broker
from tests.small_lake import payments

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

ROWS = payments(60).to_pylist()


def send(address: str, rows: list[dict[str, object]], poison: str = "") -> None:
    sender = open_sender(f"kafka://{address}", security=Security())
    for row in rows:
        sender.send("payment", row)
    if poison:
        sender._producer.produce("pixguard.payments", poison.encode())  # type: ignore[attr-defined]
    sender.close()


def test_payments_reach_the_store_once(spark: "SparkSession", tmp_path: Path) -> None:
    with broker(tmp_path / "broker") as address:
        options = StreamOptions(
            feature_set=PIX,
            source=Source(f"kafka://{address}", per_batch=40),
            online_store=f"sqlite://{tmp_path}/online.db",
            checkpoint=str(tmp_path / "checkpoint"),
            trigger_s=None,
            connector=PYTHON_KAFKA,
        )
        batches: list[int] = []
        send(address, ROWS[:50], poison="{not json")
        query.start(spark, options, lambda number, _written: batches.append(number)).awaitTermination()
        assert len(batches) == 2
        send(address, ROWS[45:])
        query.start(spark, options).awaitTermination()
        dead: list[int] = []
        dead_letters.start(spark, options, f"file://{tmp_path}/dead", dead.append).awaitTermination()
    assert sum(dead) == 1
    (letter,) = [line for file in (tmp_path / "dead").iterdir() for line in file.read_text().splitlines()]
    assert json.loads(letter)["value"] == "{not json"
    store = open_online_store(options.online_store, PIX)
    pairs = sorted({f"{row['payer_id']}|{row['payee_id']}" for row in ROWS})
    blobs = store.read([StateKey("pair", pair) for pair in pairs])
    store.close()
    assert sum(header(layouts(PIX)["pair"], blob).events for blob in blobs if blob is not None) == len(ROWS)


def test_a_broker_that_is_gone_stops_the_query(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(python_kafka, "DEADLINE_S", 2.0)
    with broker(tmp_path / "broker") as address:
        send(address, ROWS[:4])
        reader = Reader(spark_options(Source(f"kafka://{address}")))
        start, end = reader.initialOffset(), reader.latestOffset(reader.initialOffset(), reader.getDefaultReadLimit())
        assert sum(end.values()) - sum(start.values()) == 4
        values = [value for part in reader.partitions(start, end) for value in reader.read(part)]
        assert len(values) == 4
    with pytest.raises(KafkaReadError, match="Kafka: "):
        reader.latestOffset(start, reader.getDefaultReadLimit())


def test_a_query_without_a_checkpoint_begins_at_a_time(tmp_path: Path) -> None:
    with broker(tmp_path / "broker") as address:
        send(address, ROWS[:4])
        past = Reader(spark_options(Source(f"kafka://{address}", start_us=1)))
        future = Reader(spark_options(Source(f"kafka://{address}", start_us=4_000_000_000_000_000)))
        assert sum(past.initialOffset().values()) == 0
        assert sum(future.initialOffset().values()) == 4
