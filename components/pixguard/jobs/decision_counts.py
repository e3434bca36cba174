"""Count decisions with Spark: each task reads whole segments of the log, only counts travel.

The log is JSON of some kilobytes a decision; what is kept of a decision is a few hundred increments. So a task does not
hand rows to Spark: it counts them where it reads them, with the same code as any other reader.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the field's name for it

from pixguard.decision_log import Segment, fingerprint, has_grown, read_segment, segments_by_day
from pixguard.drift import COUNT_SCHEMA, Counter, DriftError, Measures
from pixguard.drift.counting import ALL, BIN_COLUMNS
from pixguard.jobs.spark import session
from pixguard.lake import write_json
from pixguard.provenance.files import read_json
from pixguard.published import publish, staging

TASKS_A_CORE = 2  # of about equal bytes; each hands over all cohorts, however few its segments
_KEYS = [name for name in COUNT_SCHEMA.names if name not in BIN_COLUMNS]
_SPARK_SCHEMA = ", ".join(
    ["day date", *(f"{name} string" for name in _KEYS[1:]), *(f"{name} long" for name in BIN_COLUMNS)]
)


def count_decisions(
    spark: SparkSession, segments: Sequence[Segment], measures: Mapping[str, Measures], days: Iterable[date]
) -> pa.Table:
    """Return the counts of the wanted days in these segments, in COUNT_SCHEMA; DriftError where a segment is damaged.

    The segments must be readable from the workers under the same paths.
    """
    groups = balanced(segments, spark.sparkContext.defaultParallelism * TASKS_A_CORE)
    if not groups:
        return COUNT_SCHEMA.empty_table()
    part = partial(_count, groups=groups, measures=dict(measures), days=tuple(days))
    tasks = spark.range(0, len(groups), 1, numPartitions=len(groups))
    counts = (
        tasks.mapInArrow(part, _SPARK_SCHEMA).groupBy(*_KEYS).agg(*(F.sum(name).alias(name) for name in BIN_COLUMNS))
    )
    try:
        return counts.toArrow().cast(COUNT_SCHEMA).sort_by([(name, "ascending") for name in _KEYS])
    except (PySparkException, Py4JJavaError) as error:
        lines = [line for line in str(error).splitlines() if "Error: " in line] or str(error).splitlines()
        raise DriftError(f"the decision log could not be counted: {lines[-1].strip()}") from error


def refresh_counts(
    decisions: Path, out: Path, measures: Mapping[str, Measures], *, master: str | None, memory: str
) -> tuple[int, int]:
    """Count the days that grew since they were counted, or whose versions were not at hand then, into `<out>/counts`.

    Returns how many days and how many decisions were counted. DriftError where there is no decision at all.
    """
    known, found = _known(out), segments_by_day(decisions)
    if not found and not known:
        raise DriftError(f"{decisions}: no decision in it; give the folder of the decision log")
    prints = {day: fingerprint(segments) for day, segments in found.items()}
    wanted = [day for day in found if _is_stale(known.get(day.isoformat()), prints[day], measures)]
    if not wanted:
        return 0, 0
    segments = sorted({segment for day in wanted for segment in found[day]}, key=lambda each: str(each.path))
    with session("watch_decisions", master=master, memory=memory) as spark:
        table = count_decisions(spark, segments, measures, wanted)
    with staging(out, "counts") as staged:
        for day in wanted:
            part = table.filter(pc.equal(table["day"], pa.scalar(day, pa.date32())))
            blind = sorted(set(pc.unique(part["version"]).to_pylist()) - set(measures))
            known[day.isoformat()] = {"log": prints[day], "blind": blind}
            if part.num_rows:
                folder = staged / "decisions" / f"day={day}"
                folder.mkdir(parents=True)
                pq.write_table(part, folder / "part-0.parquet", compression="zstd")
        write_json(staged / "days.json", known)
        publish(out, "counts", staged)
    whole = pc.and_(pc.equal(table["cohort"], ALL), pc.equal(table["measure"], "decision"))
    decided = table.filter(whole).select(BIN_COLUMNS)
    return len(pc.unique(table["day"])), sum(int(pc.sum(column).as_py() or 0) for column in decided.columns)


def kept_days(out: Path, until: date) -> Iterator[pa.Table]:
    """Yield the kept counts of the days before `until`, in their order; DriftError names a damaged file."""
    for path in sorted((out / "counts" / "decisions").glob("day=*/*.parquet")):
        if date.fromisoformat(path.parent.name.partition("=")[2]) < until:
            try:
                yield pq.read_table(path, partitioning=None).cast(COUNT_SCHEMA)
            except (OSError, pa.ArrowException, ValueError) as error:
                raise DriftError(f"{path}: {error}; delete {path.parents[2]} and count anew") from error


def _known(out: Path) -> dict[str, Any]:
    path = out / "counts" / "days.json"
    return read_json(path) if path.exists() else {}


def _is_stale(known: Mapping[str, Any] | None, now: str, measures: Mapping[str, Measures]) -> bool:
    if known is None or has_grown(known["log"], now):
        return True
    return known["log"] == now and bool(set(known["blind"]) & set(measures))


def balanced(segments: Sequence[Segment], most: int) -> list[list[str]]:
    """Return the segments' paths in at most `most` groups of about equal bytes."""
    groups: list[tuple[int, int, list[str]]] = [(0, n, []) for n in range(min(most, len(segments)))]
    for segment in sorted(segments, key=lambda each: -each.bytes):
        size, number, paths = heapq.heappop(groups)
        heapq.heappush(groups, (size + segment.bytes, number, [*paths, str(segment.path)]))
    return [paths for _, _, paths in sorted(groups, key=lambda each: each[1])]


def _count(
    tasks: Iterator[pa.RecordBatch],
    groups: Sequence[Sequence[str]],
    measures: Mapping[str, Measures],
    days: Sequence[date],
) -> Iterator[pa.RecordBatch]:
    counter = Counter(measures, days)
    for task in tasks:
        for number in task["id"].to_pylist():
            for path in groups[number]:
                counter.add(read_segment(Path(path)))
    yield from counter.table().to_batches(max_chunksize=100_000)
