"""Compute the features of a lake's payments with Spark: `python -m pixguard.jobs.build_features --help`.

Writes `features/<view>/event_date=…/` for the asked days and replaces exactly those partitions, all views at once.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from py4j.protocol import Py4JJavaError
from pyspark import StorageLevel
from pyspark.errors import PySparkException, PythonException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the field's name for it

from pixguard.batch import features
from pixguard.declaration import Aggregate, FeatureSet
from pixguard.errors import PixguardError
from pixguard.features import FEATURE_SETS
from pixguard.jobs import run_spark_application
from pixguard.jobs.spark import session
from pixguard.lake import rows_in
from pixguard.published import publish, staging

log = logging.getLogger(__name__)
_PAYMENT_COLUMNS = ("end_to_end_id", "event_time", "amount_centavos", "payer_id", "payee_id", "device_id")
_PARTITION = "event_date="
_WIDE = ("sum", "max", "min", "first", "last")
_LABEL_COLUMNS = ("known_at", "is_fraud", "amount_centavos", "payer_id", "payee_id")


class FeatureInputError(PixguardError):
    """A lake that features cannot be computed from; the message names the file or folder and what is wrong with it."""


class FeatureBuildError(PixguardError):
    """Spark could not compute or write the features; the message gives its own reason, the old features stay."""


@dataclass(frozen=True, slots=True)
class Built:
    """What was built: rows of each view, the features that the data could not give, and the seconds it took."""

    rows: dict[str, int]
    left_out: tuple[str, ...]
    seconds: float


def run(
    *,
    lake: Path,
    feature_set: str = "pix",
    start: date | None = None,
    end: date | None = None,
    master: str | None = "local[2]",
    memory: str = "3g",
    executors: int = 0,
) -> Built:
    """Build the features of the days from `start` until before `end` (all days where None) of the lake's payments.

    With `executors`, the same job runs as an application of the cluster's Spark operator, on up to that many.
    Raises FeatureInputError where the lake has no payments or a file that is not Parquet, or where a view lacks rows
    afterwards, and FeatureBuildError where Spark fails; what was published before stays in every case.
    """
    if executors:
        return _on_operator(lake, feature_set, start, end, executors)
    began = time.monotonic()
    files = payment_files(lake)
    declared = FEATURE_SETS[feature_set]
    present = _present(files.values(), declared)
    available = declared.available(present)
    total = sum(file.num_rows for file in files.values())
    with (
        session("build_features", master=master, memory=memory, rows=total) as spark,
        staging(lake, "features") as staged,
    ):
        with spark_errors(lake / "features"):
            payments, labels = _read(spark, lake, declared, start, end)
            for stream, table in features(payments.select(*_PAYMENT_COLUMNS), labels, available).items():
                log.info("%s: %d aggregates of each payment", " and ".join(stream.views), len(stream.aggregates))
                days = _between(table.withColumn("event_date", F.to_date("event_time")), start, end)
                _write(days, {v: available.by_view()[v] for v in stream.views}, staged)
        expected = sum(file.num_rows for path, file in files.items() if _is_between(path, start, end))
        rows = _check_rows(staged, available, expected)
        record = {"feature_set": declared.name, "columns": present, "left_out": declared.left_out(present)}
        (staged / "feature_set.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
        publish(lake, "features", staged, keep=start is not None or end is not None)
    return Built(rows, declared.left_out(present), time.monotonic() - began)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the job from the command line; returns the exit status, 1 with one line on what was wrong."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    parser = argparse.ArgumentParser(description="Compute the features of a lake's payments.")
    parser.add_argument("--lake", type=Path, required=True)
    parser.add_argument("--feature-set", choices=sorted(FEATURE_SETS), default="pix")
    parser.add_argument("--start", type=date.fromisoformat, help="first day, UTC; default: the lake's first")
    parser.add_argument("--end", type=date.fromisoformat, help="day after the last, UTC; default: the lake's last")
    parser.add_argument("--master", help="Spark master; default: the one that spark-submit chose", default=None)
    arguments = parser.parse_args(argv)
    try:
        built = run(**vars(arguments))
    except PixguardError as error:
        log.error("%s", error)
        return 1
    log.info("%s rows in %.1f s; left out: %s", built.rows, built.seconds, ", ".join(built.left_out) or "nothing")
    return 0


def _on_operator(lake: Path, feature_set: str, start: date | None, end: date | None, executors: int) -> Built:
    """Build the features in an application of their own, and return what it left in the lake."""
    began = time.monotonic()
    days = {"--start": start, "--end": end}
    asked = ["--lake", str(lake), "--feature-set", feature_set]
    asked += [word for option, day in days.items() if day is not None for word in (option, day.isoformat())]
    run_spark_application.run(job="build_features", arguments=asked, max_executors=executors)
    features = lake / "features"
    left_out = json.loads((features / "feature_set.json").read_text(encoding="utf-8"))["left_out"]
    views = FEATURE_SETS[feature_set].by_view()
    rows = {view: sum(map(rows_in, (features / view).rglob("*.parquet"))) for view in views}
    return Built(rows, tuple(left_out), time.monotonic() - began)


def _read(
    spark: SparkSession, lake: Path, declared: FeatureSet, start: date | None, end: date | None
) -> tuple[DataFrame, DataFrame]:
    """Read the payments and labels that the windows of the asked days can reach."""
    payments = spark.read.parquet(str(lake / "payments"))
    if any((lake / "labels").glob("known_date=*/*.parquet")):
        labels = spark.read.parquet(str(lake / "labels"))
    else:
        labels = payments.limit(0).selectExpr(
            "*", "event_time as known_at", "true as is_fraud", "event_date as known_date"
        )
    reach = timedelta(microseconds=max(a.window_us + a.delay_us for a in declared.aggregates)) + timedelta(days=1)
    if start is not None:
        first = start - reach
        payments, labels = payments.where(F.col("event_date") >= first), labels.where(F.col("known_date") >= first)
    if end is not None:
        payments, labels = payments.where(F.col("event_date") < end), labels.where(F.col("known_date") < end)
    return payments, labels.select(*_LABEL_COLUMNS)


def payment_files(lake: Path) -> dict[Path, pq.FileMetaData]:
    """Return the footer of every payment file, having checked that those of the labels can be read too."""
    paths = sorted((lake / "payments").glob(f"{_PARTITION}*/*.parquet"))
    if not paths:
        raise FeatureInputError(f"{lake / 'payments'}: holds no accepted payments; run ingest_payments first")
    for path in (lake / "labels").glob("known_date=*/*.parquet"):
        _footer(path)
    return {path: _footer(path) for path in paths}


def _footer(path: Path) -> pq.FileMetaData:
    try:
        return pq.read_metadata(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise FeatureInputError(
            f"{path}: cannot be read as Parquet ({error}); restore it or ingest it again"
        ) from error


def _present(files: Iterable[pq.FileMetaData], declared: FeatureSet) -> tuple[str, ...]:
    """Return the optional payment columns that hold a value anywhere in the lake, sorted; the footers tell."""
    optional = {column for a in declared.aggregates for column in a.measure.requires} | {*declared.payment_columns}
    found: set[str] = set()
    for file in files:
        for group in map(file.row_group, range(file.num_row_groups)):
            chunks = map(group.column, range(group.num_columns))
            found |= {c.path_in_schema for c in chunks if c.path_in_schema in optional - found and _has_values(c)}
        if found == optional:
            break
    return tuple(sorted(found))


def _has_values(chunk: pq.ColumnChunkMetaData) -> bool:
    """Tell whether a column chunk holds a value; one without statistics is taken to hold some."""
    statistics = chunk.statistics
    return statistics is None or not statistics.has_null_count or statistics.null_count < chunk.num_values


@contextmanager
def spark_errors(folder: Path) -> Iterator[None]:
    """Turn what Spark raises into FeatureBuildError with the innermost cause."""
    try:
        yield
    except (PySparkException, Py4JJavaError) as error:
        raise FeatureBuildError(
            f"{folder}: Spark failed ({_cause(error)}); it is as it was: mend this and run again"
        ) from error


def _cause(error: PySparkException | Py4JJavaError) -> str:
    """Return the last "Caused by" of a Java stack trace, or its first line; of a Python trace the last line."""
    lines = str(error).strip().splitlines()
    if isinstance(error, PythonException):
        return lines[-1]
    causes = [line.removeprefix("Caused by: ") for line in lines if line.startswith("Caused by: ")]
    return [*lines[:1], *causes][-1]


def _write(table: DataFrame, views: Mapping[str, Sequence[Aggregate]], staged: Path) -> None:
    """Write a stream's views below `<staged>/<view>/event_date=…/`, one file a day, under the features' full names.

    Two views that share a stream are computed once and written in turn.
    """
    if len(views) > 1:
        table.persist(StorageLevel.DISK_ONLY)
    for view, own in views.items():
        named = [F.col(a.feature).alias(a.name) for a in own]
        rows = table.where(F.col("view") == view).select("end_to_end_id", "event_time", "event_date", *named)
        # A dictionary of numbers that seldom repeat is built, outgrown and thrown away again: 9 % of the job.
        wide = [a.name for a in own if a.operation in _WIDE]
        plain = {f"parquet.enable.dictionary#{name}": "false" for name in ("end_to_end_id", "event_time", *wide)}
        days = rows.repartition("event_date").write.options(**plain)
        days.partitionBy("event_date").parquet(str(staged / view))
    table.unpersist()
    for leftover in (*staged.rglob("_SUCCESS"), *staged.rglob(".*.crc")):
        leftover.unlink()


def _between(table: DataFrame, start: date | None, end: date | None) -> DataFrame:
    if start is not None:
        table = table.where(F.col("event_date") >= start)
    return table if end is None else table.where(F.col("event_date") < end)


def _is_between(path: Path, start: date | None, end: date | None) -> bool:
    day = date.fromisoformat(path.parent.name.removeprefix(_PARTITION))
    return (start is None or start <= day) and (end is None or day < end)


def _check_rows(staged: Path, declared: FeatureSet, expected: int) -> dict[str, int]:
    """Return the rows of each view, which must be the payments'; FeatureInputError where they are not."""
    rows = {view: sum(map(rows_in, (staged / view).rglob("*.parquet"))) for view in declared.by_view()}
    wrong = {view: count for view, count in rows.items() if count != expected}
    if wrong:
        raise FeatureInputError(
            f"features: {expected} payments went in and {wrong} rows came out; nothing was published"
        )
    return rows


if __name__ == "__main__":
    sys.exit(main())
