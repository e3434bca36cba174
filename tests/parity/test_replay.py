"""Stream and request path against batch, bit for bit: late, twice, out of order, midnights, month ends."""

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest

from pixguard.declaration import FeatureSet
from pixguard.features import FEATURE_SETS, PIX
from pixguard.jobs import build_features
from pixguard.jobs.check_parity import replay
from pixguard.parity.replay import Disorder, ReplayError, make
from pixguard.payment import PAYMENT_SCHEMA
from tests.small_lake import labels, payments, write_lake
from tests.worlds import DAY, EVERYTHING, HOUR, START

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

EDGES = [0, 1, HOUR - 1, HOUR, DAY - 1, DAY, DAY + 1, 2 * DAY, 7 * DAY, 30 * DAY - 1, 30 * DAY, 30 * DAY + 1]
SPAN_US = 8 * DAY
DISORDER = Disorder(late_share=0.3, late_us=6 * HOUR, twice_share=0.1)


def hard_payments() -> pa.Table:
    """Payments at midnights and month ends (2024-03-31 00:00 UTC on), many at once, a busy payee, some of 0."""
    random = np.random.default_rng(3)
    edges = np.array(EDGES)
    times = np.concatenate([edges, edges, random.choice(edges, 60), random.integers(0, 40 * DAY, 260)])
    table = payments(len(times)).to_pylist()
    order = np.sort(START + times)
    for number, row in enumerate(table):
        row["event_time"] = int(order[number])
        row["end_to_end_id"] = f"X{number:031d}"
        row["payer_id"] = f"k1.{number % 7:032x}"
        row["payee_id"] = f"k1.{(0 if number % 2 else number % 5):032x}"
    for row in table[::9]:
        row["amount_centavos"] = 0  # as a mapping may accept it; every third of them is labelled
    return pa.Table.from_pylist(table, schema=PAYMENT_SCHEMA)


@pytest.fixture
def everything(monkeypatch: pytest.MonkeyPatch) -> FeatureSet:
    """All operations, delays and hops, with the request features of the real set."""
    whole = FeatureSet("everything", EVERYTHING.aggregates, PIX.request)
    monkeypatch.setitem(FEATURE_SETS, "everything", whole)
    return whole


def test_every_value_of_every_payment_is_the_same(
    spark: "SparkSession", everything: FeatureSet, tmp_path: Path
) -> None:
    table = hard_payments()
    lake = write_lake(tmp_path / "lake", table, labels(table, every=3))
    build_features.run(lake=lake, feature_set="everything")
    found = replay(
        lake=lake,
        work=tmp_path / "work",
        feature_set="everything",
        span=timedelta(microseconds=SPAN_US),
        disorder=DISORDER,
    )
    assert found.rows == len(table)
    assert found.values == len(table) * (len(everything.aggregates) + len(everything.names))
    assert found.differing == {}


def test_each_message_is_sent_once_or_twice_and_each_payment_asked_once(tmp_path: Path) -> None:
    table = hard_payments()
    lake = write_lake(tmp_path / "lake", table, labels(table, every=3))
    made = make(lake, tmp_path / "segments", SPAN_US, DISORDER)
    asked = pa.concat_tables(made.asked(number) for number in range(made.segments))
    assert sorted(asked["end_to_end_id"].to_pylist()) == sorted(table["end_to_end_id"].to_pylist())
    lines = [line for file in sorted((tmp_path / "segments").iterdir()) for line in file.read_bytes().splitlines()]
    sent = len(table) + len(labels(table, every=3))
    assert sent < len([line for line in lines if b"event_time" in line]) < 1.3 * sent
    again = make(lake, tmp_path / "segments", SPAN_US, DISORDER)
    assert (again.segment == made.segment).all()


def test_a_payment_is_asked_about_when_all_before_it_has_come(tmp_path: Path) -> None:
    table = hard_payments()
    lake = write_lake(tmp_path / "lake", table, labels(table, every=3))
    made = make(lake, tmp_path / "segments", SPAN_US, DISORDER)
    seen: set[Any] = set()
    times = dict(zip(table["end_to_end_id"].to_pylist(), table["event_time"].to_pylist(), strict=True))
    for number, file in enumerate(sorted((tmp_path / "segments").iterdir())):
        seen |= {one for one in times if one.encode() in file.read_bytes()}
        for asked in made.asked(number)["event_time"].to_pylist():
            assert {one for one, time in times.items() if time < asked} <= seen


def test_a_lake_without_payments_cannot_be_replayed(tmp_path: Path) -> None:
    empty = payments(10).slice(0, 0)
    lake = write_lake(tmp_path / "lake", empty, labels(payments(10)).slice(0, 0))
    with pytest.raises(ReplayError, match="no payments to replay"):
        make(lake, tmp_path / "segments", SPAN_US, DISORDER)
