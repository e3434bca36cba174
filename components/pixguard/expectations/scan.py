"""A lake table under its rules: every row counted in SQL, some rows taken out for the close look.

The close look holds up to `SUSPECTS` rows of each broken rule, and an even sample of the rest that depends on the data
alone. A text that breaks its rule may be personal data in the wrong place: it is hidden before it leaves the table.
"""
# ruff: noqa: S608 (names and literals are quoted; none comes from a request)

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd

from pixguard.expectations.rules import AtMost, Matches, OneOf, Rule, Unique
from pixguard.lake import LakeError
from pixguard.sql import literal, quoted

ROW_ID = "end_to_end_id"
HIDDEN = "(hidden: breaks its rule)"
SUSPECTS, SAMPLE = 200, 20_000


@dataclass(frozen=True)
class Scan:
    """What was found: rows in the table, rows that break each rule, and the rows [few] for the close look."""

    name: str
    rows: int
    rules: tuple[Rule, ...]
    broken: tuple[int, ...]
    frame: pd.DataFrame


@contextmanager
def lake_connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a DuckDB in memory whose clock is UTC; an unreadable file inside becomes a LakeError that names it."""
    connection = duckdb.connect()
    try:
        connection.sql("SET TimeZone = 'UTC'")
        connection.sql("SET preserve_insertion_order = false")
        yield connection
    except (duckdb.IOException, duckdb.InvalidInputException) as error:
        raise LakeError(f"a file of the lake cannot be read: {error}. Remove it and run its job again.") from error
    finally:
        connection.close()


def open_table(connection: duckdb.DuckDBPyConnection, name: str, folder: Path) -> str:
    """Make a view `name` of a folder of Parquet partitions and return its name; LakeError if the folder has none."""
    if next(folder.glob("*/*.parquet"), None) is None:
        raise LakeError(f"{folder} holds no Parquet file: run the job that writes {name} first")
    files = literal(str(folder / "*" / "*.parquet"))
    options = "filename = true, file_row_number = true, hive_partitioning = true, union_by_name = true"
    connection.sql(
        f"CREATE VIEW {quoted(name)} AS SELECT *, epoch_us(event_time) AS event_time_us "
        f"FROM read_parquet({files}, {options})"
    )
    return name


def scan(connection: duckdb.DuckDBPyConnection, name: str, rules: Sequence[Rule]) -> Scan:
    """Count the rows of view `name` that break each rule, and take the rows for the close look."""
    for rule in rules:
        if isinstance(rule, Unique):
            _make_repeated(connection, name, rule.column)
    counts = ", ".join(f"count(*) FILTER (WHERE {rule.broken})" for rule in rules)
    ((rows, *broken),) = connection.sql(f"SELECT count(*), {counts} FROM {quoted(name)}").fetchall()
    suspect = [rule for rule, count in zip(rules, broken, strict=True) if count]
    frame = _close_look(connection, name, tuple(rules), suspect, rows)
    return Scan(name, rows, tuple(rules), tuple(broken), frame)


def _make_repeated(connection: duckdb.DuckDBPyConnection, name: str, column: str) -> None:
    connection.sql(
        f"CREATE OR REPLACE TEMP TABLE {quoted('repeated_' + column)} AS SELECT {quoted(column)} "
        f"FROM {quoted(name)} GROUP BY 1 HAVING count(*) > 1"
    )


def _close_look(
    connection: duckdb.DuckDBPyConnection, name: str, rules: tuple[Rule, ...], suspect: Sequence[Rule], rows: int
) -> pd.DataFrame:
    """Return the suspects of each broken rule and every n-th of all rows by a hash of its id, no row twice."""
    every = max(1, rows // SAMPLE)
    picks = [f"WHERE hash({ROW_ID}) % {every} = 0"]
    picks += [f"WHERE {rule.broken} ORDER BY {ROW_ID}, filename, file_row_number LIMIT {SUSPECTS}" for rule in suspect]
    union = " UNION ".join(f"(FROM {quoted(name)} {pick})" for pick in picks)  # a union drops the rows picked twice
    frame: pd.DataFrame = connection.sql(f"SELECT {_shown(rules)} FROM ({union}) ORDER BY ALL").df()
    return frame


def _shown(rules: tuple[Rule, ...]) -> str:
    """The columns that the rules need; a text is hidden where it breaks its own rule."""
    shown: dict[str, str] = {ROW_ID: quoted(ROW_ID)}
    for rule in rules:
        shown.setdefault(rule.column, quoted(rule.column))
        if isinstance(rule, AtMost):
            shown[rule.limit] = rule.limit_sql
        if isinstance(rule, Matches | OneOf):
            shown[rule.column] = f"CASE WHEN {rule.broken} THEN {literal(HIDDEN)} ELSE {quoted(rule.column)} END"
    return ", ".join(f"{sql} AS {quoted(name)}" for name, sql in shown.items())
