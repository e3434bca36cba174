"""The batch features against the plain reference: every window, tie, delay, midnight and missing device."""

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixguard.batch import features, streams
from pixguard.declaration import MICROSECONDS, Aggregate, FeatureSet, aggregates
from pixguard.features import BOOK, HANDBOOK, PIX
from tests import reference

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

HOUR, DAY = MICROSECONDS["h"], MICROSECONDS["d"]
START = 1_711_843_200_000_000  # 2024-03-31 00:00 UTC: the hour in which half of the world changes its clocks
TIME = pa.timestamp("us", "UTC")
PAYMENTS = pa.schema(
    [("end_to_end_id", pa.string()), ("event_time", TIME), ("amount_centavos", pa.int64())]
    + [(name, pa.string()) for name in ("payer_id", "payee_id", "device_id")]
)
LABELS = pa.schema(
    [("known_at", TIME), ("is_fraud", pa.bool_()), ("amount_centavos", pa.int64())]
    + [(name, pa.string()) for name in ("payer_id", "payee_id")]
)
EVERYTHING = FeatureSet(
    "everything",
    (
        *PIX.aggregates,
        *aggregates("payee", "received", "count", "3d", hop="1h", delay="7d"),
        *aggregates("payee", "received_centavos", "min", "2h", hop="10m"),
        *aggregates("payer", "sent_labels", "count", "1d", hop="1s"),
        *aggregates("payee", "received_frauds", "first", "28d"),
        *aggregates("payee", "received_fraud_centavos", "sum", "28d"),
        *aggregates("payee", "received_honest", "last", "60d"),
    ),
)


def token(number: int) -> str:
    return f"k1.{(number * 0x9E3779B97F4A7C15) % 2**128:032x}"


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


times = st.one_of(
    st.integers(0, 40 * DAY),
    st.sampled_from([0, 1, DAY - 1, DAY, DAY + 1, HOUR, 7 * DAY, 30 * DAY, 30 * DAY - 1, 30 * DAY + 1]),
)
accounts = st.integers(1, 4).map(token)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Few accounts, many ties: the hard cases are the common ones here."""
    payment = st.fixed_dictionaries(
        {
            "event_time": times.map(lambda t: START + t),
            "amount_centavos": st.integers(1, 10**13),
            "payer_id": accounts,
            "payee_id": accounts,
            "device_id": st.one_of(st.none(), accounts),
        }
    )
    payments = draw(st.lists(payment, min_size=20, max_size=60))
    for number, row in enumerate(payments):
        row["end_to_end_id"] = f"E{number:031d}"
    labels = [
        {k: row[k] for k in ("amount_centavos", "payer_id", "payee_id")}
        | {"known_at": row["event_time"] + draw(times), "is_fraud": draw(st.booleans())}
        for row in payments
        if draw(st.booleans())
    ]
    return payments, labels


@settings(max_examples=5)
@given(world=worlds())
def test_batch_equals_the_reference(spark: "SparkSession", world: tuple[list[Any], list[Any]]) -> None:
    payments, labels = world
    found = compute(spark, EVERYTHING, payments, labels)
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
