"""The query by what DuckDB makes of it, held against a search through all rows."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pixguard.asof import AsOfView, asof_sql

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
TIMES = pa.timestamp("us", tz="UTC")
Events = st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 40)), max_size=25)


def table(events: list[tuple[str, int]]) -> pa.Table:
    times = [EPOCH + timedelta(minutes=minute) for _, minute in events]
    keys = pa.array([key for key, _ in events], pa.string())
    return pa.table({"key": keys, "time": pa.array(times, TIMES), "n": pa.array(range(len(events)), pa.int64())})


def joined(
    folder: Path, entities: list[tuple[str, int]], rows: pa.Table, ttl: timedelta, only_keys: bool
) -> list[object]:
    pq.write_table(rows, folder / "rows.parquet")
    view = AsOfView(str(folder / "rows.parquet"), "time", {"key": "key"}, {"n": "value"}, ttl, only_keys)
    asked = table(entities)
    bounds = (min(asked["time"].to_pylist()), max(asked["time"].to_pylist()))
    with duckdb.connect() as connection:
        connection.sql("SET TimeZone = 'America/Sao_Paulo'")  # instants do not depend on it
        connection.register("asked", asked)
        query = asof_sql("asked", ["n"], "time", bounds, [view])
        return [value for _, value in sorted(connection.sql(query).fetchall())]


@given(Events.filter(bool), Events.map(lambda rows: list(dict.fromkeys(rows))), st.sampled_from([0, 7]), st.booleans())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_row_gets_the_newest_value_that_is_not_later(
    tmp_path: Path, entities: list[tuple[str, int]], rows: list[tuple[str, int]], ttl_minutes: int, only_keys: bool
) -> None:
    expected = []
    for key, minute in entities:
        oldest = minute - ttl_minutes if ttl_minutes else -1
        known = [(at, n) for n, (other, at) in enumerate(rows) if other == key and oldest <= at <= minute]
        expected.append(max(known)[1] if known else None)
    assert joined(tmp_path, entities, table(rows), timedelta(minutes=ttl_minutes), only_keys) == expected


def test_a_folder_is_read_with_all_its_partitions(tmp_path: Path) -> None:
    for day in ("01", "02"):
        (tmp_path / f"event_date=2026-01-{day}").mkdir()
        pq.write_table(table([("a", int(day))]), tmp_path / f"event_date=2026-01-{day}" / "part.parquet")
    view = AsOfView(str(tmp_path), "time", {"key": "key"}, {"n": "value"}, timedelta(0))
    with duckdb.connect() as connection:
        connection.register("asked", table([("a", 9)]))
        query = asof_sql("asked", ["key"], "time", (EPOCH, EPOCH + timedelta(hours=1)), [view])
        assert connection.sql(query).fetchall() == [("a", 0)]


@pytest.mark.parametrize("name", ['n"quoted', "it's"])
def test_names_are_quoted(tmp_path: Path, name: str) -> None:
    pq.write_table(table([("a", 1)]).rename_columns(["key", "time", name]), tmp_path / "it's.parquet")
    view = AsOfView(str(tmp_path / "it's.parquet"), "time", {"key": "key"}, {name: name}, timedelta(0))
    with duckdb.connect() as connection:
        connection.register("asked", table([("a", 9)]))
        query = asof_sql("asked", ["key"], "time", (EPOCH, EPOCH + timedelta(hours=1)), [view])
        assert connection.sql(query).fetchall() == [("a", 0)]
