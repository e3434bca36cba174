"""Fetch the features of a period's payments from Feast, point in time, and write one table to train on.

Rows are in order of time. Columns: the payment's own, `is_fraud`, `situation` and `known_at` of its newest label (null
where none is known), then the model's inputs in their order as float32, null inputs as NaN.
"""

import argparse
import contextlib
import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from rich.console import Console

from pixguard.declaration import FeatureSet
from pixguard.errors import PixguardError
from pixguard.feature_service import built_set
from pixguard.feature_store import CONFIGURATION, REPOSITORY, apply_repository
from pixguard.features import FEATURE_SETS
from pixguard.jobs.arguments import utc_time
from pixguard.payment.schema import ACCEPTED_LABEL_SCHEMA, PAYMENT_SCHEMA
from pixguard.retrieval import LostRowsError, retrieve
from pixguard.sql import literal, quoted

_LABEL_COLUMNS = ("is_fraud", "situation", "known_at")
_BATCH_ROWS = 65_536


@dataclass(frozen=True)
class TrainingTable:
    """What was written: rows, known frauds, the features in order, and those that the data lack columns for."""

    path: Path
    rows: int
    frauds: int
    features: tuple[str, ...]
    left_out: tuple[str, ...]


def run(
    *,
    lake: Path,
    feature_set: FeatureSet,
    start: datetime,
    end: datetime,
    out: Path,
    known_by: datetime | None = None,
    repository: Path = REPOSITORY,
    configuration: str = CONFIGURATION,
) -> TrainingTable:
    """Write the training table of the payments in [start, end) to the file `out`; labels as known by `known_by` (all).

    Raises LakeError without features or payments, LostRowsError if a payment has no features.
    """
    built = built_set(lake, feature_set)
    store = apply_repository(lake, repository, configuration)
    with duckdb.connect() as connection:
        connection.sql("SET TimeZone = 'UTC'")
        _open_payments(connection, lake, start, end)
        _open_labels(connection, lake, known_by)
        keys = connection.sql("SELECT end_to_end_id, event_time AS event_timestamp FROM payments").df()
        if keys.empty:
            raise LostRowsError(f"{lake / 'payments'} has no payment from {start} until {end}: choose another period")
        features = retrieve(store, built, keys)
        connection.register("features", features)
        record = {
            "start": start.isoformat(),
            "end": end.isoformat(),
            "known_by": known_by.isoformat() if known_by else None,
        }
        return _write(connection, feature_set, built, out, record)


def _open_payments(connection: duckdb.DuckDBPyConnection, lake: Path, start: datetime, end: datetime) -> None:
    files = literal(str(lake / "payments" / "*" / "*.parquet"))
    period = f"event_time >= {literal(start)} AND event_time < {literal(end)}"
    days = f"event_date >= DATE {literal(str(start.date()))} AND event_date <= DATE {literal(str(end.date()))}"
    columns = ", ".join(map(quoted, PAYMENT_SCHEMA.names))
    connection.sql(
        f"CREATE VIEW payments AS SELECT {columns} FROM read_parquet({files}, hive_partitioning = true) "  # noqa: S608
        f"WHERE {period} AND {days}"
    )


def _open_labels(connection: duckdb.DuckDBPyConnection, lake: Path, known_by: datetime | None) -> None:
    """Of several labels the newest wins; of two at one moment, fraud: no report is lost."""
    columns = ", ".join(("end_to_end_id", *_LABEL_COLUMNS))
    files = literal(str(lake / "labels" / "*" / "*.parquet"))
    if next((lake / "labels").glob("*/*.parquet"), None) is None:
        connection.register("no_labels", ACCEPTED_LABEL_SCHEMA.empty_table())
        table = "no_labels"
    else:
        table = f"read_parquet({files}, hive_partitioning = true)"
    known = f"WHERE known_at <= {literal(known_by)}" if known_by else ""
    newest = "QUALIFY row_number() OVER (PARTITION BY end_to_end_id ORDER BY known_at DESC, is_fraud DESC) = 1"
    connection.sql(f"CREATE VIEW labels AS SELECT {columns} FROM {table} {known} {newest}")  # noqa: S608


def _write(
    connection: duckdb.DuckDBPyConnection,
    declared: FeatureSet,
    built: FeatureSet,
    out: Path,
    record: dict[str, str | None],
) -> TrainingTable:
    labels = ", ".join(f"labels.{name}" for name in _LABEL_COLUMNS)
    query = (
        f"SELECT payments.*, {labels}, features.* EXCLUDE (end_to_end_id) FROM payments "  # noqa: S608
        "JOIN features USING (end_to_end_id) LEFT JOIN labels USING (end_to_end_id) "
        "ORDER BY payments.event_time, end_to_end_id"
    )
    left_out = tuple(name for name in declared.names if name not in built.names)
    about = {"feature_set": declared.name, "features": built.names, "left_out": left_out, **record}
    schema = _schema(built).with_metadata({"pixguard": json.dumps(about)})
    rows = frauds = 0
    with _replaced_file(out) as temporary, pq.ParquetWriter(temporary, schema, compression="zstd") as writer:
        for batch in connection.sql(query).to_arrow_reader(_BATCH_ROWS):
            table = _with_inputs(batch, built, schema)
            writer.write_table(table)
            rows += table.num_rows
            frauds += table["is_fraud"].to_pandas().eq(True).sum()  # a null is no known fraud
    return TrainingTable(out, rows, int(frauds), built.names, left_out)


def _schema(built: FeatureSet) -> pa.Schema:
    """Payment columns that are not an input under the same name, the label's columns, the inputs."""
    own = [field for field in PAYMENT_SCHEMA if field.name not in built.names]
    label = [ACCEPTED_LABEL_SCHEMA.field(name).with_nullable(True) for name in _LABEL_COLUMNS]
    return pa.schema([*own, *label, *(pa.field(name, pa.float32(), nullable=False) for name in built.names)])


def _with_inputs(batch: pa.RecordBatch, built: FeatureSet, schema: pa.Schema) -> pa.Table:
    """Return the columns of `schema`: those of the batch, and the model's inputs computed from them."""
    columns = {name: _numpy(batch[name]) for name in (*built.payment_columns, *(a.name for a in built.aggregates))}
    x_rf = built.vector(columns)
    inputs = {name: pa.array(np.ascontiguousarray(x_rf[:, place])) for place, name in enumerate(built.names)}
    arrays = [inputs[field.name] if field.name in inputs else batch[field.name] for field in schema]
    cast = [array.cast(field.type) for array, field in zip(arrays, schema, strict=True)]
    return pa.Table.from_arrays(cast, schema=schema)


def _numpy(column: pa.Array) -> "np.ndarray[tuple[int], np.dtype[np.generic]]":
    """Return a column as the request features want it: times as int64 µs, null numbers and flags as NaN, text as is."""
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.timestamp("us", tz="UTC")).cast(pa.int64())
    elif pa.types.is_boolean(column.type):
        column = column.cast(pa.int8())
    values: np.ndarray[tuple[int], np.dtype[np.generic]] = column.to_numpy(zero_copy_only=False)
    return values


@contextlib.contextmanager
def _replaced_file(out: Path) -> Iterator[Path]:
    """Give a file beside `out` to write; when it is whole and on the disk it takes the place of `out`."""
    out.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=out.parent, prefix=f".{out.name}.")
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        with temporary.open("rb") as written:
            os.fsync(written.fileno())
        temporary.replace(out)
    finally:
        temporary.unlink(missing_ok=True)


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Return the parsed arguments."""
    parser = argparse.ArgumentParser(prog="python -m pixguard.jobs.build_training_set", description=__doc__)
    parser.add_argument("--lake", type=Path, required=True, help="folder with payments, labels and features")
    parser.add_argument("--feature-set", choices=tuple(FEATURE_SETS), default="pix", help="(%(default)s)")
    parser.add_argument("--start", type=utc_time, required=True, help="first moment, such as 2026-01-01T00:00Z")
    parser.add_argument("--end", type=utc_time, required=True, help="the moment after the last")
    parser.add_argument("--known-by", type=utc_time, help="labels as known at this moment (all)")
    parser.add_argument("--out", type=Path, required=True, help="the Parquet file to write")
    parser.add_argument("--feature-repo", type=Path, default=REPOSITORY, help="(%(default)s)")
    parser.add_argument("--feature-store", default=CONFIGURATION, help="the configuration in it (%(default)s)")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Parse, fetch, write; return the exit status."""
    arguments = parse(argv)
    console = Console(stderr=True)
    try:
        table = run(
            lake=arguments.lake,
            feature_set=FEATURE_SETS[arguments.feature_set],
            start=arguments.start,
            end=arguments.end,
            out=arguments.out,
            known_by=arguments.known_by,
            repository=arguments.feature_repo,
            configuration=arguments.feature_store,
        )
    except PixguardError as error:
        console.print(f"build_training_set: {error}", style="red", markup=False, soft_wrap=True)
        return 1
    left_out = f", without {', '.join(table.left_out)}" if table.left_out else ""
    told = f"{table.rows:,} payments, {table.frauds:,} known frauds, {len(table.features)} features{left_out}"
    console.print(f"{told}: {table.path}", highlight=False, soft_wrap=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
