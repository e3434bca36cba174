import math
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixguard.expectations.statistics import Statistics, count_rejected, measure, stability_index
from pixguard.lake import LakeError
from tests import small_lake

Histograms = st.dictionaries(st.sampled_from("abcde"), st.integers(1, 1000), min_size=1)


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        opened.sql("SET TimeZone = 'UTC'")
        yield opened


def measured(connection: duckdb.DuckDBPyConnection, payments: pa.Table, labels: pa.Table) -> Statistics:
    connection.register("payments", payments)
    connection.register("labels", labels)
    return measure(connection, rejected=0)


def test_counts_days_nulls_and_frauds(connection: duckdb.DuckDBPyConnection) -> None:
    payments = small_lake.payments(1_100)
    found = measured(connection, payments, small_lake.labels(payments, every=110))
    assert (found.rows, found.days, found.span_days, found.labelled, found.frauds) == (1_100, 5, 5, 10, 10)
    assert found.rows_per_day == 220
    assert found.null_shares["key_type"] == pytest.approx(100 / 1_100)
    assert found.histograms["key_type"]["null"] == 100
    assert sum(found.histograms["amount_centavos"].values()) == 1_100
    assert found.newest == payments["event_time"][-1].as_py()


def test_the_newest_label_of_a_payment_counts(connection: duckdb.DuckDBPyConnection) -> None:
    payments = small_lake.payments(200)
    first = small_lake.labels(payments, every=20)
    later = small_lake.labels(payments, every=40, late=timedelta(days=9)).to_pandas().assign(is_fraud=False)
    both = pa.concat_tables([first, pa.Table.from_pandas(later, schema=first.schema, preserve_index=False)])
    found = measured(connection, payments, both)
    assert (found.labelled, found.frauds) == (10, 5)


def test_a_day_without_payments_is_seen(connection: duckdb.DuckDBPyConnection) -> None:
    payments = small_lake.payments(500)
    gap = payments.filter([time.day != 3 for time in payments["event_time"].to_pylist()])
    found = measured(connection, gap, small_lake.labels(gap))
    assert (found.days, found.span_days) == (4, 5)


def test_what_is_kept_comes_back(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    payments = small_lake.payments(100)
    found = measured(connection, payments, small_lake.labels(payments))
    found.write(tmp_path / "validation" / "accepted.json")
    assert Statistics.read(tmp_path / "validation" / "accepted.json") == found
    assert Statistics.read(tmp_path / "nothing.json") is None


@pytest.mark.parametrize("text", ["{", "[]", '{"rows": 1}'])
def test_a_damaged_baseline_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "accepted.json").write_text(text)
    with pytest.raises(LakeError, match=r"accepted\.json is damaged"):
        Statistics.read(tmp_path / "accepted.json")


@given(Histograms, Histograms)
def test_the_stability_index_is_symmetric_and_not_negative(one: dict[str, int], other: dict[str, int]) -> None:
    assert stability_index(one, other) == pytest.approx(stability_index(other, one))
    assert stability_index(one, other) >= 0
    assert stability_index(one, one) == pytest.approx(0)


def test_the_stability_index_by_hand() -> None:
    expected, found = {"a": 50_000, "b": 50_000}, {"a": 90_000, "b": 10_000}
    by_hand = (0.9 - 0.5) * math.log(0.9 / 0.5) + (0.1 - 0.5) * math.log(0.1 / 0.5)
    assert stability_index(expected, found) == pytest.approx(by_hand, rel=1e-3)


def test_rejects_of_all_inputs_count(tmp_path: Path) -> None:
    for name in ("a", "b"):
        small_lake.write(small_lake.payments(30), tmp_path / "rejects" / name)
        for file in (tmp_path / "rejects" / name).glob("*/*.parquet"):
            file.rename(tmp_path / "rejects" / name / f"{file.parent.name}.parquet")
    assert count_rejected(tmp_path / "rejects") == 60
    assert count_rejected(tmp_path / "nothing") == 0
