"""Staged rows against each other and against the lake: what is new, what is a duplicate, what contradicts.

The first of several rows with the same key counts: the one in the lake, or else the first in the input. A later one
with the same content is a duplicate, with other content a conflicting duplicate. DuckDB does it, spilling to disk when
memory is short. Tokens made with different key versions cannot be compared and do not make a conflict.
"""

# ruff: noqa: S608 (the SQL is put together from the contract's own names; the paths in it are quoted)

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa

from pixguard.payment.reasons import Reason
from pixguard.payment.schema import ACCEPTED_LABEL_SCHEMA, LABEL_SCHEMA, PAYMENT_SCHEMA

MEMORY_LIMIT = "1GB"
_BATCH_ROWS = 100_000
_TOKENS = ("payer_id", "payee_id", "device_id")
_PAYMENT_OF_LABEL = ("event_time", "amount_centavos", "payer_id", "payee_id")


@dataclass(frozen=True, slots=True)
class Settled:
    """What came of a staged table: the number of duplicates, rejects with file and reasons, and the SQL of new rows."""

    duplicates: int
    rejected: pa.Table
    new_rows: str


def connect(spill: Path) -> duckdb.DuckDBPyConnection:
    """Open a DuckDB that lives in memory, in UTC, and spills into the folder `spill`."""
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(f"SET memory_limit = '{MEMORY_LIMIT}'")
    connection.execute("SET preserve_insertion_order = false")
    connection.execute(f"SET temp_directory = {_text(str(spill))}")
    return connection


def settle_payments(connection: duckdb.DuckDBPyConnection, staged: Path, lake: Sequence[Path]) -> Settled:
    """Settle staged payments by end_to_end_id against the lake's payment files."""
    _view(connection, "staged_payments", [staged])
    _view(connection, "lake_payments", _near(connection, "staged_payments", lake), PAYMENT_SCHEMA)
    content = [name for name in PAYMENT_SCHEMA.names if name != "end_to_end_id"]
    _find_repeated(connection, "payments", ("end_to_end_id",), content)
    conflicts = _conflicts(connection, "payments", PAYMENT_SCHEMA)
    new = f"SELECT {_list(PAYMENT_SCHEMA.names)} FROM staged_payments ANTI JOIN repeated_payments USING (ordinal)"
    return Settled(_duplicates(connection, "payments"), conflicts, f"{new} ORDER BY event_time, end_to_end_id")


def settle_labels(
    connection: duckdb.DuckDBPyConnection, staged: Path, lake: Sequence[Path], lake_payments: Sequence[Path]
) -> Settled:
    """Join staged labels to their payments, new or in the lake, and settle them by (end_to_end_id, known_at).

    Call after `settle_payments` on the same connection.
    """
    _view(connection, "all_staged_labels", [staged])
    _join_payments(connection, _near(connection, "all_staged_labels", lake_payments))
    days = {day for (day,) in connection.execute("SELECT DISTINCT known_at::DATE FROM staged_labels").fetchall()}
    _view(connection, "lake_labels", [file for file in lake if _day(file) in days], ACCEPTED_LABEL_SCHEMA)
    _find_repeated(connection, "labels", ("end_to_end_id", "known_at"), ["is_fraud", "situation"])
    rejected = pa.concat_tables([_conflicts(connection, "labels", LABEL_SCHEMA), _unfit(connection)])
    new = f"SELECT {_list(ACCEPTED_LABEL_SCHEMA.names)} FROM staged_labels ANTI JOIN repeated_labels USING (ordinal)"
    return Settled(_duplicates(connection, "labels"), rejected, f"{new} ORDER BY known_at, end_to_end_id")


def rows_of(connection: duckdb.DuckDBPyConnection, sql: str, schema: pa.Schema) -> Iterator[pa.Table]:
    """Yield the batches of a query as tables of `schema`."""
    for batch in connection.sql(sql).to_arrow_reader(_BATCH_ROWS):
        yield pa.table(batch).cast(schema)


def _find_repeated(
    connection: duckdb.DuckDBPyConnection, name: str, key: tuple[str, ...], content: Sequence[str]
) -> None:
    """Make the table `repeated_<name>`: the ordinal of each staged row that is not the first, and if it is the same."""
    keys, columns = _list(key), _list([*key, *content])
    same = " AND ".join(_equal(column) for column in content)
    connection.execute(f"""
        CREATE TABLE known_{name} AS
        SELECT {columns} FROM lake_{name} SEMI JOIN staged_{name} USING ({keys})""")
    connection.execute(f"""
        CREATE TABLE first_{name} AS
        SELECT {keys}, min(ordinal) AS first_ordinal FROM staged_{name} ANTI JOIN known_{name} USING ({keys})
        GROUP BY {keys} HAVING count(*) > 1""")
    connection.execute(f"""
        CREATE TABLE repeated_{name} AS
        SELECT later.ordinal, {same} AS same
        FROM staged_{name} AS later JOIN known_{name} AS earlier USING ({keys})
        UNION ALL
        SELECT later.ordinal, {same} AS same
        FROM staged_{name} AS later JOIN first_{name} USING ({keys})
        JOIN staged_{name} AS earlier ON earlier.ordinal = first_ordinal
        WHERE later.ordinal <> first_ordinal""")


def _equal(column: str) -> str:
    equal = f"later.{column} IS NOT DISTINCT FROM earlier.{column}"
    if column not in _TOKENS:
        return f"({equal})"
    # split_part fails on a column of nulls only (DuckDB 2.0)
    versions = (f"regexp_extract({side}.{column}, '^k[0-9]+')" for side in ("later", "earlier"))
    both = f"later.{column} IS NOT NULL AND earlier.{column} IS NOT NULL"
    return f"({equal} OR ({both} AND {' <> '.join(versions)}))"


def _join_payments(connection: duckdb.DuckDBPyConnection, lake_payments: Sequence[Path]) -> None:
    """Make `staged_labels` (labels that fit their payment) and `unfit_labels` (the others, with their reason)."""
    _view(connection, "lake_payments_of_labels", lake_payments, PAYMENT_SCHEMA)
    wanted = _list(("end_to_end_id", *_PAYMENT_OF_LABEL))
    connection.execute(f"""
        CREATE TABLE paid AS
        SELECT {wanted} FROM staged_payments ANTI JOIN repeated_payments USING (ordinal)
        SEMI JOIN all_staged_labels USING (end_to_end_id)
        UNION ALL
        SELECT {wanted} FROM lake_payments_of_labels SEMI JOIN all_staged_labels USING (end_to_end_id)""")
    connection.execute(f"""
        CREATE TABLE joined_labels AS
        SELECT label.*, {_list([f"paid.{name}" for name in _PAYMENT_OF_LABEL])}, CASE
            WHEN paid.end_to_end_id IS NULL THEN '{Reason.UNKNOWN_PAYMENT}:end_to_end_id'
            WHEN label.known_at < paid.event_time THEN '{Reason.KNOWN_BEFORE_PAYMENT}:known_at'
        END AS reason
        FROM all_staged_labels AS label LEFT JOIN paid USING (end_to_end_id)""")
    connection.execute("CREATE VIEW staged_labels AS SELECT * FROM joined_labels WHERE reason IS NULL")


def _unfit(connection: duckdb.DuckDBPyConnection) -> pa.Table:
    sql = f"""SELECT file, row, [reason] AS reasons, {_list(LABEL_SCHEMA.names)}
        FROM joined_labels WHERE reason IS NOT NULL ORDER BY ordinal"""
    return connection.sql(sql).to_arrow_table()


def _conflicts(connection: duckdb.DuckDBPyConnection, name: str, schema: pa.Schema) -> pa.Table:
    sql = f"""SELECT file, row, ['{Reason.CONFLICTING_DUPLICATE}:end_to_end_id'] AS reasons, {_list(schema.names)}
        FROM staged_{name} JOIN repeated_{name} USING (ordinal) WHERE NOT same ORDER BY ordinal"""
    return connection.sql(sql).to_arrow_table()


def _duplicates(connection: duckdb.DuckDBPyConnection, name: str) -> int:
    return _number(connection, f"SELECT count(*) FROM repeated_{name} WHERE same")


def _near(connection: duckdb.DuckDBPyConnection, staged: str, lake: Sequence[Path]) -> Sequence[Path]:
    """Return the lake's payment files that can hold an id of the view `staged`.

    The minute inside a Pix id is within 12 h of the payment, so a day before and a day after suffice; an id that a
    mapping derived says nothing of its time.
    """
    if _number(connection, f"SELECT count(*) FROM {staged} WHERE end_to_end_id NOT LIKE 'E%'"):
        return lake
    sql = f"SELECT DISTINCT strptime(substr(end_to_end_id, 10, 8), '%Y%m%d')::DATE FROM {staged}"
    found = [day for (day,) in connection.execute(sql).fetchall()]
    days = {day + timedelta(days=apart) for day in found for apart in (-1, 0, 1)}
    return [file for file in lake if _day(file) in days]


def _day(file: Path) -> date:
    return date.fromisoformat(file.parent.name.partition("=")[2])


def _view(
    connection: duckdb.DuckDBPyConnection, name: str, files: Sequence[Path], schema: pa.Schema | None = None
) -> None:
    """Make a view of Parquet files; of none, an empty one with the columns of `schema`."""
    if files:
        listed = _list([_text(str(file)) for file in files])
        connection.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet([{listed}], hive_partitioning = false)")
    elif schema is not None:
        connection.register(name, schema.empty_table())


def _number(connection: duckdb.DuckDBPyConnection, sql: str) -> int:
    ((number,),) = connection.execute(sql).fetchall()  # fetchone would leave the result open
    return int(number)


def _list(names: Sequence[str]) -> str:
    return ", ".join(names)


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
