"""Historical retrieval through Feast against a plain DuckDB as-of join, `make bench-retrieval [DATA=<payments>]`.

200,000 payments, the three views payer, payee and device of the Pix model; the views hold those payments only, or five
times as many. Each case gets the same rows as a DataFrame and gives an Arrow table; they take turns, medians count.
DATA is a Parquet file or folder of payments of the contract; the features' values are made up, which costs the same.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
from table import Row, finish

from pixguard.declaration import FeatureSet
from pixguard.feature_service import references
from pixguard.feature_store import CONFIGURATION, REPOSITORY, apply_repository, open_store
from pixguard.features import PIX
from pixguard.retrieval import retrieve
from pixguard.sql import literal, quoted

SET = FeatureSet("pix", tuple(one for one in PIX.aggregates if one.view in ("payer", "payee", "device")))
DAYS = 60


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="Parquet file or folder of payments (made up)")
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--history", type=int, nargs="+", default=[1, 5], help="payments in the views ÷ rows")
    parser.add_argument("--repetitions", type=int, default=5)
    arguments = parser.parse_args()
    rows = []
    for times in arguments.history:
        with tempfile.TemporaryDirectory() as folder:
            lake = Path(folder)
            count = make_lake(lake, arguments.data, arguments.rows * times)
            rows += compare(lake, sample(lake, arguments.rows), f"{count:,} in views", arguments.repetitions)
    finish("retrieval", rows)


def make_lake(lake: Path, data: Path | None, count: int) -> int:
    """Write the three views of up to `count` payments, a file a day, and return how many there are."""
    (lake / "features").mkdir()
    with duckdb.connect() as connection:
        connection.sql("SET TimeZone = 'UTC'")
        connection.sql("SET threads = 1")
        connection.sql(f"CREATE TABLE payments AS {_payments(data, count)}")
        for view, aggregates in SET.by_view().items():
            values = ", ".join(f"(hash(end_to_end_id || '{a.name}') % 100000)::BIGINT AS {a.name}" for a in aggregates)
            table = f"SELECT *, {values}, strftime(event_time, '%Y-%m-%d') AS event_date FROM payments"
            target = literal(str(lake / "features" / view))
            connection.sql(f"COPY ({table}) TO {target} (FORMAT parquet, PARTITION_BY (event_date))")
        return int(connection.sql("SELECT count(*) FROM payments").fetchall()[0][0])


def _payments(data: Path | None, count: int) -> str:
    """The ids and times of the newest `count` payments of `data`, or of made-up ones spread over DAYS days."""
    if data is not None:
        files = literal(str(data / "**" / "*.parquet" if data.is_dir() else data))
        return f"SELECT end_to_end_id, event_time FROM read_parquet({files}) ORDER BY event_time DESC LIMIT {count}"
    time_us = f"1735689600000000 + i * {DAYS * 86_400_000_000 // count}"
    return (
        "SELECT 'E' || strftime(event_time, '00000000%Y%m%d%H%M') || left(md5(i::VARCHAR), 11) AS end_to_end_id, "
        f"event_time FROM (SELECT i, make_timestamptz({time_us}) AS event_time FROM range({count}) AS r(i))"
    )


def sample(lake: Path, count: int) -> pd.DataFrame:
    """Return the newest `count` payments of the views, shuffled: what a training run asks for."""
    files = literal(str(lake / "features" / "payer" / "*" / "*.parquet"))
    newest = f"SELECT end_to_end_id, event_time AS event_timestamp FROM read_parquet({files})"
    with duckdb.connect() as connection:
        connection.sql("SET TimeZone = 'UTC'")
        frame = connection.sql(f"{newest} ORDER BY event_time DESC LIMIT {count}").df()
    return frame.sample(frac=1, random_state=0).reset_index(drop=True)


def compare(lake: Path, keys: pd.DataFrame, label: str, repetitions: int) -> list[Row]:
    """Return time, time ÷ the plain join's, lost rows and differing values of every case."""
    store = apply_repository(lake)
    cases: dict[str, Callable[[], pa.Table]] = {
        "ours": lambda: retrieve(store, SET, keys),
        "feast_duckdb": lambda: _historical(_stock(lake), keys),
        "duckdb_asof": lambda: plain_join(lake, keys),
    }
    results = {case: run() for case, run in cases.items()}  # warm, and to compare
    taken: dict[str, list[tuple[float, float]]] = {case: [] for case in cases}
    for _ in range(repetitions):
        for case, run in cases.items():
            before = time.perf_counter(), time.process_time()
            run()
            taken[case].append((time.perf_counter() - before[0], time.process_time() - before[1]))
    seconds = {
        case: [statistics.median(column) for column in zip(*times, strict=True)] for case, times in taken.items()
    }
    rows = []
    for case, table in results.items():
        figures = {
            "seconds": (seconds[case][0], "s"),
            "ratio_to_asof": (seconds[case][0] / seconds["duckdb_asof"][0], "1"),
            "cpu_s": (seconds[case][1], "s"),
            "cpu_ratio_to_asof": (seconds[case][1] / seconds["duckdb_asof"][1], "1"),
            "lost_rows": (len(keys) - table.num_rows, "rows"),
            "differing_values": (_differing(table, results["duckdb_asof"]), "values"),
        }
        rows += [Row(f"{case}, {label}", metric, *figure) for metric, figure in figures.items()]
    return rows


def _stock(lake: Path) -> object:
    """Open the same repository with Feast's own DuckDB store."""
    text = (REPOSITORY / CONFIGURATION).read_text(encoding="utf-8")
    (lake / "stock.yaml").write_text(text.replace("pixguard.offline_store.AsOfOfflineStore", "duckdb"))
    return open_store(lake, lake, "stock.yaml")


def _historical(store: object, keys: pd.DataFrame) -> pa.Table:
    return store.get_historical_features(entity_df=keys, features=list(references(SET))).to_arrow()


def plain_join(lake: Path, keys: pd.DataFrame) -> pa.Table:
    """Join the three views to the keys as one would write it by hand."""
    views = SET.by_view()
    shown = ", ".join(f"{view}.{quoted(a.name)}" for view, aggregates in views.items() for a in aggregates)
    joins = " ".join(
        f"ASOF LEFT JOIN read_parquet({literal(str(lake / 'features' / view / '*' / '*.parquet'))}) AS {view} "
        f"ON keys.end_to_end_id = {view}.end_to_end_id AND keys.event_timestamp >= {view}.event_time"
        for view in views
    )
    with duckdb.connect() as connection:
        connection.sql("SET TimeZone = 'UTC'")
        connection.register("keys", keys)
        return connection.sql(f"SELECT keys.end_to_end_id, {shown} FROM keys {joins}").to_arrow_table()


def _differing(table: pa.Table, other: pa.Table) -> int:
    """Count the values that differ, nulls included, after sorting both by id."""
    left, right = (one.to_pandas().set_index("end_to_end_id").sort_index() for one in (table, other))
    names = [one.name for one in SET.aggregates]
    same = left[names].eq(right[names]) | (left[names].isna() & right[names].isna())
    return int((~same).to_numpy().sum())


if __name__ == "__main__":
    main()
