"""A flight of requests does what the public calls do, one key at a time."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from pyspark.sql.streaming.stateful_processor import StatefulProcessor, StatefulProcessorHandle

from pixguard.producer import write_segment
from pixguard.stream.query import SETTINGS
from pixguard.stream.state_calls import get_values, put_values

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

LARGE = 20_000  # 100 of them do not fit the buffers of a socket


def both() -> StatefulProcessor:
    """A class made here travels to the workers by value: they know nothing of tests."""

    class Both(StatefulProcessor):
        """Writes by one way, reads by the other, and says what differs."""

        def init(self, handle: StatefulProcessorHandle) -> None:
            self.state = handle.getMapState("blobs", "state_key string", "blob binary")

        def handleInputRows(self, key: Any, rows: Any, timerValues: Any) -> Iterator[pd.DataFrame]:  # noqa: N802, N803
            keys = [f"account:{number}" for number in range(100)]
            wrong = sum(value is not None for value in get_values(self.state, keys))
            values = [bytes([number]) * (LARGE + number) for number in range(100)]
            put_values(self.state, keys, values)
            wrong += sum(self.state.getValue((k,)) != (v,) for k, v in zip(keys, values, strict=True))
            for name in keys[:50]:
                self.state.updateValue((name,), (b"public",))
            self.state.removeKey((keys[50],))
            wrong += get_values(self.state, keys) != [*[b"public"] * 50, None, *values[51:]]
            yield pd.DataFrame({"wrong": [wrong], "seen": [len(list(self.state.iterator()))]})

        def close(self) -> None:
            pass

    return Both()


def test_both_ways_see_the_same_state(spark: "SparkSession", tmp_path: Path) -> None:
    session = spark.newSession()
    for name, value in SETTINGS.items():
        session.conf.set(name, value)
    session.conf.set("spark.sql.shuffle.partitions", "1")
    write_segment(tmp_path / "in", "0", [b"1"])
    found: list[tuple[int, int]] = []
    rows = session.readStream.format("text").load(str(tmp_path / "in")).groupBy("value")
    states = rows.transformWithStateInPandas(both(), "wrong long, seen long", "Append", "None")
    query = (
        states.writeStream.foreachBatch(lambda frame, _: found.extend(map(tuple, frame.collect())))
        .option("checkpointLocation", str(tmp_path / "checkpoint"))
        .trigger(availableNow=True)
        .start()
    )
    query.awaitTermination()
    assert found == [(0, 99)]
