"""History by batch, then the stream from the cut: no payment is missing, none counts twice."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pixguard.errors import UsageError
from pixguard.feast_format import PROJECT
from pixguard.feature_service import state_name
from pixguard.features import PIX
from pixguard.jobs import backfill_state, build_features
from pixguard.jobs.backfill_state import CutError
from pixguard.jobs.build_features import FeatureBuildError
from pixguard.online import OnlineFeatures, StateKey
from pixguard.online_store import open_online_store
from pixguard.parity.replay import Asker, Disorder, make
from pixguard.payment import Payment
from pixguard.state import append, event_rows, header, layouts, newest_us
from pixguard.stream.backfill import folder_name, read_record
from pixguard.stream.checkpoint import CheckpointError
from tests.small_lake import DAYS, END, START, payments, write_lake
from tests.stream.harness import Stream

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

CUT = START + timedelta(days=DAYS / 2)
CUT_US = (CUT - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
ROWS = payments(600)
Loaded = tuple[Path, str, backfill_state.Backfilled]


@pytest.fixture(scope="module")
def loaded(spark: "SparkSession", tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    lake = write_lake(tmp_path_factory.mktemp("history"), ROWS)
    address = f"sqlite://{lake}/online.db"
    return lake, address, backfill_state.run(lake=lake, online_store=address, cut=CUT)


def test_the_backfill_holds_every_key_that_history_touched(loaded: Loaded) -> None:
    _, address, done = loaded
    before = [row for row in ROWS.to_pylist() if row["event_time"] < CUT]
    accounts = {row[side] for row in before for side in ("payer_id", "payee_id")}
    devices = {row["device_id"] for row in before} - {None}
    pairs = {(row["payer_id"], row["payee_id"]) for row in before}
    assert (done.keys, done.cut) == (len(accounts) + len(devices) + len(pairs), CUT)
    keys = [StateKey("account", account) for account in sorted(accounts)]
    blobs = open_online_store(address, PIX).read(keys)
    assert all(blob is not None and newest_us(blob) < CUT_US for blob in blobs)


def test_feast_can_read_the_same_files(loaded: Loaded) -> None:
    lake, _, _ = loaded
    folder = lake / folder_name(PIX) / state_name(PIX, "pair")
    table = pq.read_table(folder)
    assert {"pair_id", "tiles", "newest_event_us", "event_time"} <= set(table.column_names)
    assert table["pair_id"].null_count == 0
    assert "|" in table["pair_id"][0].as_py()


def test_the_stream_takes_over_without_gap_or_overlap(loaded: Loaded, stream: Stream, tmp_path: Path) -> None:
    """All of history is sent again: what lies before the cut must not count twice, what lies after it must count."""
    lake, address, _ = loaded
    build_features.run(lake=lake)
    everything = make(lake, tmp_path / "all", 12 * 3_600_000_000, Disorder(late_share=0.2, twice_share=0.1))
    later = make(lake, tmp_path / "later", 12 * 3_600_000_000, Disorder(), since_us=CUT_US)
    (tmp_path / "all").rename(tmp_path / "in")
    store = open_online_store(address, PIX)
    asker = Asker(everything, lake, PIX, store, tmp_path / "reports")
    stream.backfill, stream.folding = lake / folder_name(PIX), everything.folding
    first = int(everything.segment[(len(ROWS) - len(later.payments)) :].min())

    found: list[Any] = []
    stream.online_store = address
    stream.run(lambda number: found.append(asker.ask(number)) if number > first else None)
    assert sum(one.rows for one in found) >= len(later.payments) / 2
    assert [one.differing for one in found if one.differing] == []


def test_a_cut_after_the_lakes_end_would_leave_a_gap(loaded: Loaded) -> None:
    lake, address, _ = loaded
    with pytest.raises(CutError, match="ingest more, or cut at"):
        backfill_state.run(lake=lake, online_store=address, cut=END + timedelta(days=1))


def test_a_store_that_cannot_be_written_is_told_by_what_the_worker_said(spark: "SparkSession", tmp_path: Path) -> None:
    lake = write_lake(tmp_path, payments(60))
    with closing(sqlite3.connect(tmp_path / "online.db")) as foreign:
        foreign.execute(f'CREATE TABLE "{PROJECT}_{state_name(PIX, "pair")}" (something_else)')
    with pytest.raises(FeatureBuildError, match=r"Spark failed \(.*StoreError: .*online\.db: OperationalError"):
        backfill_state.run(lake=lake, online_store=f"sqlite://{tmp_path}/online.db", cut=CUT)


def test_an_online_store_must_be_named(loaded: Loaded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PIXGUARD_ONLINE_STORE", raising=False)
    with pytest.raises(UsageError, match="PIXGUARD_ONLINE_STORE"):
        backfill_state.run(lake=loaded[0])


def test_the_record_names_declarations_and_cut(loaded: Loaded, tmp_path: Path) -> None:
    record = read_record(loaded[0] / folder_name(PIX))
    assert record.cut_us == CUT_US
    assert record.fingerprints == {entity: one.fingerprint for entity, one in layouts(PIX).items()}
    with pytest.raises(CheckpointError, match="no backfill lies there"):
        read_record(tmp_path)


def test_chunks_of_any_size_give_the_same_answers() -> None:
    """The batch folds a key's history in a few large pieces, the stream in many small ones."""
    layout = layouts(PIX)["account"]
    times = [START.timestamp() * 1e6 + i * 3_600_000_000 for i in range(400)]
    rows = event_rows(times, [100] * 400, [0] * 400, [i % 64 for i in range(400)])
    whole, pieces = append(layout, None, rows), None
    for at in range(0, 400, 7):
        pieces = append(layout, pieces, rows[at : at + 7])
    assert pieces is not None
    assert header(layout, whole).newest_us == header(layout, pieces).newest_us
    online = OnlineFeatures(PIX)
    payment = Payment(**{**ROWS.to_pylist()[0], "event_time": START + timedelta(hours=401)})
    answers = [online.aggregate([payment], [blob, None, None, None])[0].tolist() for blob in (whole, pieces)]
    assert answers[0] == answers[1]


def test_a_lake_that_counts_payments_of_zero_is_not_gone_on_from_without_them(
    spark: "SparkSession", tmp_path: Path
) -> None:
    rows = ROWS.slice(0, 20).to_pylist()
    rows[3]["amount_centavos"] = 0
    lake = write_lake(tmp_path / "lake", pa.Table.from_pylist(rows, schema=ROWS.schema))
    address = f"sqlite://{lake}/online.db"
    backfill_state.run(lake=lake, online_store=address)
    stream = Stream(spark, tmp_path / "stream", backfill=lake / folder_name(PIX), online_store=address)
    stream.send("000000", [])
    with pytest.raises(CheckpointError, match="start the stream with --zero-amounts"):
        stream.run()
