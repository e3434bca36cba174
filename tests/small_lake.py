"""A small lake that keeps the contract, written without Spark: for what reads a lake."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from pixguard.declaration import FeatureSet
from pixguard.payment import ACCEPTED_LABEL_SCHEMA, PAYMENT_FIELDS, PAYMENT_SCHEMA, Kind

START = datetime(2026, 1, 1, tzinfo=UTC)
DAYS = 5
END = START + timedelta(days=DAYS)


def token(number: int) -> str:
    return f"k1.{number:032x}"


def payments(rows: int = 1_200) -> pa.Table:
    """Payments spread evenly over DAYS days; every optional field has a value in most rows."""
    times = [START + timedelta(days=DAYS) * i / rows for i in range(rows)]
    made = {
        "end_to_end_id": [f"E12345678{time:%Y%m%d%H%M}{i:011d}" for i, time in enumerate(times)],
        "event_time": times,
        "amount_centavos": [100 + 37 * i % 90_000 for i in range(rows)],
        "payer_id": [token(i % 50) for i in range(rows)],
        "payee_id": [token(100 + i % 40) for i in range(rows)],
    }
    for field in PAYMENT_FIELDS:
        if field.name not in made:
            made[field.name] = [_optional(field.kind, field.values, i) for i in range(rows)]
    return pa.table(made, schema=PAYMENT_SCHEMA)


def _optional(kind: Kind, values: tuple[str, ...], i: int) -> object:
    if i % 11 == 0:
        return None
    if kind is Kind.CHOICE:
        return str(values[i % len(values)])
    return {Kind.TOKENISED: token(i % 60), Kind.ISPB: f"{i % 9:08d}", Kind.FLAG: i % 3 > 0, Kind.COUNT: i % 100}[kind]


def labels(table: pa.Table, every: int = 40, late: timedelta = timedelta(days=1)) -> pa.Table:
    """A fraud label for every n-th payment, known `late` after it."""
    some = table.take(list(range(0, table.num_rows, every)))
    known = [time + late for time in some["event_time"].to_pylist()]
    added = {"is_fraud": [True] * some.num_rows, "situation": ["SCAM"] * some.num_rows, "known_at": known}
    columns = {name: added.get(name, some[name] if name in some.column_names else None) for name in _LABEL_NAMES}
    return pa.table(columns, schema=ACCEPTED_LABEL_SCHEMA)


_LABEL_NAMES = ACCEPTED_LABEL_SCHEMA.names


def features(table: pa.Table, feature_set: FeatureSet, view: str) -> pa.Table:
    """Rows of a view that contradict nothing; the n-th payment's aggregates are all n modulo 50."""
    columns = {"end_to_end_id": table["end_to_end_id"], "event_time": table["event_time"]}
    values = pa.array([i % 50 for i in range(table.num_rows)], pa.int64())
    return pa.table(columns | {one.name: values for one in feature_set.by_view()[view]})


def write(table: pa.Table, folder: Path, by: str = "event_date") -> None:
    """Write a table as Hive partitions by the UTC date of its time."""
    time = "known_at" if by == "known_date" else "event_time"
    dated = table.append_column(by, pc.strftime(table[time], "%Y-%m-%d"))
    style = ds.partitioning(pa.schema([(by, pa.string())]), flavor="hive")
    ds.write_dataset(dated, folder, format="parquet", partitioning=style, existing_data_behavior="overwrite_or_ignore")


def write_features(lake: Path, table: pa.Table, feature_set: FeatureSet) -> None:
    """Write every view of a set, as build_features leaves them."""
    for view in feature_set.by_view():
        write(features(table, feature_set, view), lake / "features" / view)
    record = {"feature_set": feature_set.name, "columns": list(PAYMENT_SCHEMA.names), "left_out": []}
    (lake / "features" / "feature_set.json").write_text(json.dumps(record))


def write_lake(lake: Path, table: pa.Table | None = None, marks: pa.Table | None = None) -> Path:
    """Write payments and labels, and return the lake."""
    table = payments() if table is None else table
    write(table, lake / "payments")
    write(labels(table) if marks is None else marks, lake / "labels", by="known_date")
    return lake
