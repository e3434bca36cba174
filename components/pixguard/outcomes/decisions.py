"""The decision log → one Parquet file a decided day; a day whose segments did not change is not read again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pixguard.datasets.settle import connect
from pixguard.decision_log import Record, Segment, fingerprint, has_grown, read_segment, segments_by_day
from pixguard.lake import file_digest
from pixguard.outcomes.contract import DECISION_SCHEMA, PAYMENT_COLUMNS

BATCH_ROWS = 50_000
# Of several decisions on one payment the first stands: a client that asked again, at another replica. A payment
# replayed to a version counts once for that version.
_FIRST = """
    SELECT * EXCLUDE place FROM (SELECT *, row_number() OVER (
        PARTITION BY end_to_end_id, replay, CASE WHEN replay THEN version END ORDER BY decided_at, version) AS place
        FROM read_parquet($raw)) WHERE place = 1 ORDER BY decided_at, end_to_end_id"""


def take_days(log: Path, known: Mapping[str, str], staged: Path, spill: Path) -> dict[str, str]:
    """Write `decisions/decided_date=…/` below `staged` for each day of the log that grew since its `known` fingerprint.

    Returns the fingerprints of the days written, by day.
    """
    taken = {}
    for day, segments in segments_by_day(log).items():
        now = fingerprint(segments)
        if has_grown(known.get(day.isoformat()), now):
            _take_day(day, segments, staged, spill)
            taken[day.isoformat()] = now
    return taken


def _take_day(day: date, segments: Iterable[Segment], staged: Path, spill: Path) -> None:
    raw = spill / "decisions.parquet"
    records = (record for segment in segments for record in read_segment(segment.path) if record.decided.date() == day)
    with pq.ParquetWriter(raw, DECISION_SCHEMA, compression="lz4") as writer:
        for table in _tables(records):
            writer.write_table(table)
    if not pq.read_metadata(raw).num_rows:
        return  # its neighbours' segments begin or end within a minute of it
    folder = staged / "decisions" / f"decided_date={day}"
    folder.mkdir(parents=True)
    with connect(spill / "duckdb") as connection, pq.ParquetWriter(folder / "part", DECISION_SCHEMA) as writer:
        for batch in connection.sql(_FIRST, params={"raw": str(raw)}).to_arrow_reader(BATCH_ROWS):
            writer.write_table(pa.table(batch).cast(DECISION_SCHEMA))
    (folder / "part").rename(folder / f"part-{file_digest(folder / 'part')[:32]}.parquet")


def _tables(records: Iterable[Record]) -> Iterator[pa.Table]:
    rest = iter(records)
    while rows := [_row(record) for record in islice(rest, BATCH_ROWS)]:
        yield pa.Table.from_pylist(rows, schema=DECISION_SCHEMA)


def _row(record: Record) -> dict[str, Any]:
    payment = {name: record.payment.get(name) for name in PAYMENT_COLUMNS}
    return {
        **payment,
        "event_time": datetime.fromisoformat(record.payment["event_time"]),
        "end_to_end_id": record.end_to_end_id,
        "decided_at": record.decided,
        "version": record.version,
        "score": record.score,
        "probability": record.probability,
        "decision": record.decision,
        "propensity": record.propensity,
        "degraded": bool(record.degraded),
        "replay": record.replay,
    }
