"""Verdicts held against the decisions they are about: what is new, what is a duplicate, what is refused and why.

Of several verdicts of one source on one payment at one time the first counts, as for the lake's labels.
"""

# ruff: noqa: S608 (the SQL is put together from the contract's own names)

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pixguard.datasets.settle import connect
from pixguard.outcomes.contract import VERDICT_SCHEMA
from pixguard.payment.reasons import Reason

_CLOCKS_APART = timedelta(hours=12)  # of the minute inside an id and the payment's time
_FIELDS = ", ".join(VERDICT_SCHEMA.names)
_JOINED = f"""
    CREATE TABLE joined AS
    SELECT verdict.*, decided_date, CASE
        WHEN decided_date IS NULL THEN '{Reason.UNKNOWN_PAYMENT}:end_to_end_id'
        WHEN known_at < event_time THEN '{Reason.KNOWN_BEFORE_PAYMENT}:known_at'
    END AS reason
    FROM staged AS verdict LEFT JOIN paid USING (end_to_end_id)"""
_PAID = """
    CREATE TABLE paid AS
    SELECT end_to_end_id, min(event_time) AS event_time, min(decided_at)::DATE AS decided_date
    FROM {files} SEMI JOIN staged USING (end_to_end_id) WHERE NOT replay GROUP BY end_to_end_id"""
_PLACED = f"""
    CREATE TABLE placed AS
    SELECT *, row_number() OVER same AS place, is_fraud IS NOT DISTINCT FROM first_value(is_fraud) OVER same
        AND situation IS NOT DISTINCT FROM first_value(situation) OVER same AS as_first
    FROM (SELECT {_FIELDS}, decided_date, ordinal, file, row FROM joined WHERE reason IS NULL
          UNION ALL BY NAME SELECT {_FIELDS}, decided_date, -1 AS ordinal FROM known)
    WINDOW same AS (PARTITION BY end_to_end_id, source, known_at ORDER BY ordinal)"""
_REFUSED = f"""
    SELECT file, row, [reason] AS reasons, {_FIELDS}, ordinal FROM joined WHERE reason IS NOT NULL
    UNION ALL BY NAME
    SELECT file, row, ['{Reason.CONFLICTING_DUPLICATE}:end_to_end_id'] AS reasons, {_FIELDS}, ordinal FROM placed
    WHERE place > 1 AND NOT as_first AND ordinal >= 0
    ORDER BY ordinal"""
_KEPT = f"""
    SELECT decided_date, {_FIELDS} FROM placed WHERE place = 1
    AND decided_date IN (SELECT decided_date FROM placed WHERE place = 1 AND ordinal >= 0)
    ORDER BY decided_date, known_at, end_to_end_id, source"""


@dataclass(frozen=True, slots=True)
class Settled:
    """What came of staged verdicts: how many are new and repeated, those refused, all of the days that got new ones."""

    new: int
    duplicates: int
    refused: pa.Table
    kept: pa.Table  # decided_date and the contract's fields


def settle(staged: Path, decisions: Sequence[Path], verdicts: Sequence[Path], spill: Path) -> Settled:
    """Settle the staged verdicts against files of decisions and of the verdicts that are known already."""
    with connect(spill) as connection:
        connection.execute(f"CREATE VIEW staged AS SELECT * FROM {_files([staged])}")
        near = _near(staged, decisions)
        if near:
            connection.execute(_PAID.format(files=_files(near)))
        else:
            connection.execute("CREATE TABLE paid (end_to_end_id TEXT, event_time TIMESTAMPTZ, decided_date DATE)")
        connection.execute(_JOINED)
        _view_known(connection, verdicts)
        connection.execute(_PLACED)
        counts = "SELECT count(*) FILTER (place = 1), count(*) FILTER (place > 1 AND as_first) FROM placed"
        ((new, duplicates),) = connection.execute(f"{counts} WHERE ordinal >= 0").fetchall()
        refused = connection.sql(_REFUSED).to_arrow_table().drop_columns("ordinal")
        return Settled(int(new), int(duplicates), refused, connection.sql(_KEPT).to_arrow_table())


def write_verdicts(kept: pa.Table, staged: Path) -> None:
    """Write `verdicts/decided_date=…/` below `staged`: the whole of each day that got new ones."""
    for day in pc.unique(kept["decided_date"]).to_pylist():
        folder = staged / "verdicts" / f"decided_date={day}"
        folder.mkdir(parents=True)
        rows = kept.filter(pc.equal(kept["decided_date"], day)).select(VERDICT_SCHEMA.names).cast(VERDICT_SCHEMA)
        pq.write_table(rows, folder / "part-0.parquet", compression="zstd")


def _near(staged: Path, decisions: Sequence[Path]) -> list[Path]:
    """Return the files whose payments' times come within 12 h of the minute inside a staged id.

    An id that a mapping derived says nothing of its time: then all of them.
    """
    ids = pq.read_table(staged, columns=["end_to_end_id"])["end_to_end_id"]
    if not len(ids) or not pc.all(pc.starts_with(ids, "E")).as_py():
        return list(decisions) if len(ids) else []
    minutes = pc.strptime(pc.utf8_slice_codeunits(pc.unique(ids), 9, 21), "%Y%m%d%H%M", "s")
    span = pc.min_max(pc.assume_timezone(minutes, "UTC")).as_py()
    first, last = span["min"] - _CLOCKS_APART, span["max"] + _CLOCKS_APART + timedelta(minutes=1)
    return [path for path in decisions if _overlaps(path, first, last)]


def _overlaps(path: Path, first: object, last: object) -> bool:
    metadata = pq.read_metadata(path)
    place = metadata.schema.to_arrow_schema().get_field_index("event_time")
    groups = [metadata.row_group(n).column(place).statistics for n in range(metadata.num_row_groups)]
    return any(found is None or (found.min <= last and found.max >= first) for found in groups)


def _view_known(connection: duckdb.DuckDBPyConnection, verdicts: Sequence[Path]) -> None:
    """Make the view `known` of the verdicts kept of the days that the new ones are about."""
    found = connection.execute("SELECT DISTINCT decided_date FROM joined").fetchall()
    near = [path for path in verdicts if path.parent.name in {f"decided_date={day}" for (day,) in found}]
    if near:
        parts = (f"SELECT *, DATE '{path.parent.name[-10:]}' AS decided_date FROM {_files([path])}" for path in near)
        connection.execute("CREATE VIEW known AS " + " UNION ALL BY NAME ".join(parts))
    else:
        connection.register("known", pa.schema([*VERDICT_SCHEMA, pa.field("decided_date", pa.date32())]).empty_table())


def _files(paths: Sequence[Path]) -> str:
    """Return what a query reads files with, their names quoted."""
    names = ", ".join("'" + str(path).replace("'", "''") + "'" for path in paths)
    return f"read_parquet([{names}], hive_partitioning = false)"
