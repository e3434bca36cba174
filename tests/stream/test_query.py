"""The whole stream on a folder: each payment once, late ones counted, a restart that changes nothing."""

from datetime import timedelta
from typing import Any

import pytest

from pixguard.features import PIX
from pixguard.online import OnlineFeatures, StateKey
from pixguard.payment import Payment
from pixguard.state import StateError, append, event_rows, layouts, newest_us
from pixguard.stream.checkpoint import FROM_NOTHING, CheckpointError
from pixguard.stream.metrics import outcomes
from tests.small_lake import labels, payments
from tests.stream.harness import Stream
from tests.worlds import EVERYTHING

ROWS = payments(200).to_pylist()
LABELS = labels(payments(200)).to_pylist()


def sent(rows: list[dict[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
    return [("payment", row) for row in rows]


def counts_of_payers(stream: Stream) -> dict[str, int]:
    """Ask for each payer, after all, how much it sent in 30 days."""
    online = OnlineFeatures(PIX)
    last = ROWS[-1]["event_time"] + timedelta(seconds=1)
    asked = {row["payer_id"]: Payment(**{**row, "event_time": last}) for row in ROWS}
    keys = [key for payment in asked.values() for key in online.keys(payment)]
    merged, _, _ = online.aggregate(list(asked.values()), stream.store.read(keys))
    place = online.aggregates.index("payer_sent_count_30d")
    return dict(zip(asked, merged[place].tolist(), strict=True))


def expected(rows: list[dict[str, Any]]) -> dict[str, int]:
    return {row["payer_id"]: sum(r["payer_id"] == row["payer_id"] for r in rows) for row in ROWS}


def test_every_payment_counts_once_across_batches_and_restarts(stream: Stream) -> None:
    """Twice in a batch, twice across batches, twice across a restart: once."""
    late = ROWS[:1]
    stream.send("00", sent([*ROWS[:100], *ROWS[90:100]]), b"poison")
    stream.send("01", [*sent(ROWS[99:120]), *(("label", label) for label in LABELS[:2])])
    stream.run()
    assert [number for number, _ in stream.written] == [0, 1]
    assert outcomes(stream.progress[0]) == {"accepted": 100, "duplicate": 10, "late": 0}
    stream.send("02", sent([*ROWS[119:], *late]))
    stream.run()
    assert [number for number, _ in stream.written] == [2]
    assert outcomes(stream.progress[0]) == {"accepted": 80, "duplicate": 1, "late": 1}
    assert counts_of_payers(stream) == expected(ROWS)
    assert all(written.keys == sum(written.lags) > 0 for _, written in stream.written)


def test_a_batch_that_is_run_again_writes_the_same_bytes(stream: Stream) -> None:
    """Killed after writing and before the commit, the last batch is run once more."""
    stream.send("00", sent(ROWS[:150]))
    stream.send("01", sent(ROWS[150:]))
    stream.run()
    keys = [StateKey("account", row["payee_id"]) for row in ROWS]
    before = stream.store.read(keys)
    (stream.folder / "checkpoint" / FROM_NOTHING / "commits" / "1").unlink()
    stream.run()
    assert [number for number, _ in stream.written] == [1]
    assert stream.store.read(keys) == before
    assert counts_of_payers(stream) == expected(ROWS)


def test_a_checkpoint_of_other_declarations_is_refused_before_anything_runs(stream: Stream) -> None:
    stream.send("00", sent(ROWS[:5]))
    stream.run()
    stream.feature_set = EVERYTHING
    with pytest.raises(CheckpointError, match=r"other declarations \(account\): run pixguard backfill"):
        stream.run()


def test_state_of_another_layout_is_refused_on_the_request_path_too() -> None:
    layout = layouts(EVERYTHING)["account"]
    blob = append(layout, None, event_rows([1], [1], [0], [0]))
    payment = Payment(**ROWS[0])
    with pytest.raises(StateError, match="run pixguard backfill"):
        OnlineFeatures(PIX).vectors([payment], [blob, None, None, None])


def test_keys_that_go_quiet_are_forgotten(stream: Stream) -> None:
    """A month and more later, nothing is left of keys that no window reaches; those that paid again are whole."""
    later = timedelta(days=40)
    again = [
        {**row, "end_to_end_id": f"X{number:031d}", "event_time": row["event_time"] + later}
        for number, row in enumerate(ROWS[:30])
    ]
    stream.send("00", sent(ROWS))
    stream.send("01", sent(again))
    stream.run()
    kept = stream.spark.read.format("statestore").option("path", f"{stream.folder}/checkpoint/{FROM_NOTHING}")
    rows = kept.option("operatorId", 0).option("stateVarName", "blobs").load().collect()
    names = {row["user_map_key"]["state_key"] for row in rows}
    paid = {f"account:{row['payer_id']}" for row in again}
    swept = {row["key"]["bucket"] for row in rows if row["user_map_key"]["state_key"] in paid}
    blobs = [row["user_map_value"]["blob"] for row in rows if row["key"]["bucket"] in swept]
    quiet = [blob for blob in blobs if newest_us(blob) < again[0]["event_time"].timestamp() * 1e6]
    assert paid <= names
    assert quiet == []
