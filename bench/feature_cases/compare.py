"""Hold two cases' results against each other: every value of every row."""

from __future__ import annotations

from pathlib import Path

import duckdb

from pixguard.features import PIX


def differing_values(ours: Path, theirs: Path) -> int:
    """Return how many values of `theirs` differ from `ours`; a row that one side lacks counts with all its values."""
    db = duckdb.connect()
    db.execute("SET TimeZone = 'UTC'; SET threads = 2; SET memory_limit = '5GB'; SET enable_progress_bar = false")
    total = 0
    for view, declared in PIX.by_view().items():
        columns = ["event_time", *(a.name for a in declared)]
        differs = " + ".join(f"CAST(a.{c} IS DISTINCT FROM b.{c} AS BIGINT)" for c in columns)
        found = db.execute(
            f"SELECT coalesce(sum({differs}), 0), count(*), count(a.end_to_end_id), count(b.end_to_end_id)"
            f" FROM read_parquet('{ours / view}/*/*.parquet') AS a"
            f" FULL JOIN read_parquet('{theirs / view}/*/*.parquet') AS b USING (end_to_end_id)"
        ).fetchone()
        if found is None or found[1] == 0:
            raise ValueError(f"{view}: nothing to compare in {ours} and {theirs}")
        total += int(found[0])
    return total
