"""A stream that runs goes over to a new backfill by itself, tells its pulse, and refuses one that messages lack for."""

import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pixguard.features import PIX
from pixguard.jobs import backfill_state
from pixguard.lake import write_json
from pixguard.online import StateKey
from pixguard.online_store import open_online_store
from pixguard.producer import open_sender
from pixguard.pulse import Pulse, open_pulses
from pixguard.state import header, layouts
from pixguard.stream.backfill import folder_name
from pixguard.stream.checkpoint import CheckpointError
from pixguard.stream.metrics import StreamMetrics
from pixguard.stream.query import StreamOptions, start
from pixguard.stream.source import Source
from pixguard.stream.supervise import Stream, keep_running
from tests.small_lake import DAYS, START, payments, write_lake

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

TABLE = payments(300)
ROWS = TABLE.to_pylist()
CUT = START + timedelta(days=DAYS / 2)
PAIRS = sorted({f"{row['payer_id']}|{row['payee_id']}" for row in ROWS})


@pytest.fixture(scope="module")
def history(spark: "SparkSession", tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake with a backfill, computed for another store."""
    lake = write_lake(tmp_path_factory.mktemp("history"), TABLE)
    done = backfill_state.run(lake=lake, online_store=f"sqlite://{lake}/online.db", cut=CUT)
    assert done.is_loaded
    return lake


def options(folder: Path) -> StreamOptions:
    return StreamOptions(
        PIX, Source(f"file://{folder}/in"), f"sqlite://{folder}/online.db", f"{folder}/checkpoint", trigger_s=0.1
    )


def publish(folder: Path) -> None:
    sender = open_sender(f"file://{folder}/in")
    for row in ROWS:
        sender.send("payment", row)
    sender.close()


def seen(folder: Path) -> int:
    """Return how many payments the pairs' states hold."""
    with closing(open_online_store(f"sqlite://{folder}/online.db", PIX)) as store:
        store.write("account", {})
        blobs = store.read([StateKey("pair", pair) for pair in PAIRS])
    return sum(header(layouts(PIX)["pair"], blob).events for blob in blobs if blob is not None)


def pulse(folder: Path) -> Pulse | None:
    with closing(open_pulses(f"sqlite://{folder}/online.db", PIX)) as pulses:
        return pulses.read()


def until(true: Callable[[], bool], seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.1)


class Story(threading.Thread):
    """What happens while the stream runs; however it ends, the stream is told to end."""

    def __init__(self, tell: Callable[[], None]) -> None:
        super().__init__()
        self._tell, self.ending, self.failed = tell, threading.Event(), None

    def run(self) -> None:
        try:
            self._tell()
        except BaseException as error:
            self.failed = error  # type: ignore[assignment]
        finally:
            self.ending.set()


def test_a_new_backfill_is_taken_over_while_the_stream_runs(
    spark: "SparkSession", history: Path, tmp_path: Path
) -> None:
    lake = tmp_path / "lake"
    lake.mkdir()
    publish(tmp_path)
    checkpoint, metrics = tmp_path / "checkpoint", StreamMetrics("pix")

    def tell() -> None:
        until(lambda: seen(tmp_path) == len(ROWS) and pulse(tmp_path) is not None)
        first = pulse(tmp_path)
        assert first is not None
        until(lambda: (now := pulse(tmp_path)) is not None and now.as_of_us > first.as_of_us + 1_000_000)  # idle
        assert abs(time.time() - pulse(tmp_path).as_of_us / 1e6) < 30  # type: ignore[union-attr]
        (lake / folder_name(PIX)).symlink_to(history / folder_name(PIX))
        until(lambda: [path.name[:9] for path in checkpoint.iterdir()] == ["backfill-"])
        until(lambda: metrics.batches >= 2 and seen(tmp_path) == len(ROWS))

    story = Story(tell)
    story.start()
    keep_running(spark, Stream(options(tmp_path), f"file://{tmp_path}/dead", lake), metrics, story.ending)
    story.join()
    assert story.failed is None
    accepted = metrics.messages.labels("pix", "accepted")._value.get()
    assert accepted == 2 * len(ROWS)  # all were read again, and what lies before the cut is the backfill's


def test_where_a_stream_writes_a_backfill_leaves_loading_to_it_unless_there_is_none_any_more(
    spark: "SparkSession", tmp_path: Path
) -> None:
    lake, address = write_lake(tmp_path / "lake", TABLE), f"sqlite://{tmp_path}/online.db"
    with closing(open_pulses(address, PIX)) as pulses:
        pulses.write(Pulse(4, 1_000_000))
    done = backfill_state.run(lake=lake, online_store=address, cut=CUT)
    assert (done.is_loaded, done.keys > 0, seen(tmp_path)) == (False, True, 0)
    done = backfill_state.run(lake=lake, online_store=address, cut=CUT, no_stream=True)
    assert done.is_loaded
    assert seen(tmp_path) == sum(row["event_time"] < CUT for row in ROWS)
    assert pulse(tmp_path) is None


def test_a_cut_whose_messages_are_gone_is_refused_and_nothing_is_begun(
    spark: "SparkSession", history: Path, tmp_path: Path
) -> None:
    publish(tmp_path)
    gone = CUT + timedelta(hours=1)
    write_json(tmp_path / "in" / ".cleaned.json", {"until_us": int(gone.timestamp() * 1e6)})
    wanted = replace(options(tmp_path), backfill=history / folder_name(PIX), trigger_s=None)
    with pytest.raises(CheckpointError, match="were removed, up to 2026-01-03T13:00:00"):
        start(spark, wanted)
    assert not (tmp_path / "checkpoint").exists()
