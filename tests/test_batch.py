"""The batch features against the plain reference: every window, tie, delay, midnight and missing device."""

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixguard.batch import features, streams
from pixguard.declaration import MICROSECONDS, Aggregate, FeatureSet
from pixguard.features import BOOK, HANDBOOK, PIX
from tests import reference
from tests.worlds import EVERYTHING, HOUR, START, token, worlds

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

TIME = pa.timestamp("us", "UTC")
PAYMENTS = pa.schema(
    [("end_to_end_id", pa.string()), ("event_time", TIME), ("amount_centavos", pa.int64())]
    + [(name, pa.string()) for name in ("payer_id", "payee_id", "device_id")]
)
LABELS = pa.schema(
    [("known_at", TIME), ("is_fraud", pa.bool_()), ("amount_centavos", pa.int64())]
    + [(name, pa.string()) for name in ("payer_id", "payee_id")]
)


def compute(spark: "SparkSession", declared: FeatureSet, payments: list[Any], labels: list[Any]) -> dict[str, Any]:
    tables = features(
        spark.createDataFrame(pa.Table.from_pylist(payments, PAYMENTS)),
        spark.createDataFrame(pa.Table.from_pylist(labels, LABELS)),
        declared,
    )
    found: dict[str, Any] = {row["end_to_end_id"]: {} for row in payments}
    for table in tables.values():
        for row in table.collect():
            view = row["view"]
            found[row["end_to_end_id"]] |= {a.name: row[a.feature] for a in declared.aggregates if a.view == view}
    return found


def renamed(rows: list[Any], number: int) -> list[Any]:
    """Give the people and payments of a world names of their own; the digits that choose a token's bit stay."""
    names = ("end_to_end_id", "payer_id", "payee_id", "device_id")
    return [
        row | {name: f"{row[name][:3]}{number}{row[name][4:]}" for name in names if row.get(name) is not None}
        for row in rows
    ]


@settings(max_examples=2)
@given(drawn=st.lists(worlds(), min_size=3, max_size=3))
def test_batch_equals_the_reference(spark: "SparkSession", drawn: list[tuple[list[Any], list[Any]]]) -> None:
    """Worlds without a common key are computed by one job: it is the plan that costs, not the rows."""
    apart = [(renamed(payments, n), renamed(labels, n)) for n, (payments, labels) in enumerate(drawn)]
    found = compute(spark, EVERYTHING, [row for world in apart for row in world[0]],
                    [row for world in apart for row in world[1]])  # fmt: skip
    for payments, labels in apart:
        for payment in payments:
            for declared in EVERYTHING.aggregates:
                expected = reference.aggregate(declared, payment, payments, labels)
                assert found[payment["end_to_end_id"]][declared.name] == expected, (declared.name, payment)


def test_a_payer_without_history_has_empty_windows(spark: "SparkSession") -> None:
    payment = {
        "end_to_end_id": "E1",
        "event_time": START,
        "amount_centavos": 5,
        "payer_id": token(1),
        "payee_id": token(2),
    }
    found = compute(spark, PIX, [payment], [])
    assert set(found["E1"]) == {a.name for a in PIX.aggregates}
    assert set(found["E1"].values()) == {0}


def test_a_sum_that_overflows_is_an_error_and_not_a_wrong_number(spark: "SparkSession") -> None:
    payments = [
        {"end_to_end_id": f"E{n}", "event_time": START + n, "amount_centavos": 2**62, "payer_id": token(1),
         "payee_id": token(2)}
        for n in range(3)
    ]  # fmt: skip
    with pytest.raises(Exception, match="overflow"):
        compute(spark, PIX, payments, [])


def test_payer_and_payee_share_a_pass_only_where_both_read_the_same_events() -> None:
    assert [s.views for s in streams(PIX)] == [("payer", "payee"), ("device",), ("pair",)]
    assert [s.views for s in streams(BOOK)] == [("payer",), ("payee",)]
    assert [s.views for s in streams(HANDBOOK)] == [("payer",), ("payee",)]


def test_no_plan_has_a_self_join_or_python_in_it(spark: "SparkSession") -> None:
    payments = spark.createDataFrame(pa.Table.from_pylist([], PAYMENTS))
    labels = spark.createDataFrame(pa.Table.from_pylist([], LABELS))
    for table in features(payments, labels, PIX).values():
        plan = table._jdf.queryExecution().executedPlan().toString()
        assert "Join" not in plan
        assert "Python" not in plan
        assert plan.count("Exchange") == 1


def test_a_window_reaches_back_to_its_hop_boundary_and_no_further(spark: "SparkSession") -> None:
    declared = FeatureSet("one", (Aggregate("payer", "sent", "count", "1h", "10m"),))
    at = START + 5 * HOUR + 9 * MICROSECONDS["m"]
    boundary = START + 4 * HOUR + 10 * MICROSECONDS["m"]
    rows = [
        {"end_to_end_id": name, "event_time": time, "amount_centavos": 1, "payer_id": token(1), "payee_id": token(2)}
        for name, time in (("before", boundary - 1), ("at", boundary), ("tie", at), ("now", at))
    ]
    assert compute(spark, declared, rows, [])["now"] == {"payer_sent_count_1h": 1}
