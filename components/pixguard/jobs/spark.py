"""The Spark session of a job: local on a laptop, the cluster's own where spark-submit set a master."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pyspark.sql import SparkSession

# Why each is set: times are UTC whatever the machine's zone; a hot key's window is kept in memory up to this many rows
# before it spills; what is kept on disk between two writes is read twice and needs no statistics of how to compress it;
# the local driver must not listen beyond loopback.
SETTINGS: Mapping[str, str] = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.windowExec.buffer.in.memory.threshold": "65536",
    "spark.sql.inMemoryColumnarStorage.compressed": "false",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.ui.showConsoleProgress": "false",
}
LOCAL: Mapping[str, str] = {
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.ui.enabled": "false",
    "spark.sql.shuffle.partitions": "8",
}
JAVA = "-Duser.timezone=UTC -XX:+UseParallelGC"
# The JVM's second compiler costs more than it gives until a job has a few hundred thousand rows: 58 CPU seconds
# against 36 for 20,000 payments, 115 against 145 for a million (bench/features.py).
FEW_ROWS, QUICK_START = 400_000, " -XX:TieredStopAtLevel=1"


@contextmanager
def session(
    app: str, *, master: str | None = None, memory: str = "3g", scratch: Path | None = None, rows: int = FEW_ROWS
) -> Iterator[SparkSession]:
    """Yield a session and stop it at the end; a session that is already running is used and left running.

    `master` None means the one spark-submit chose, or two local cores where there is none; `rows` says how much work
    a local one has before it.
    """
    active = SparkSession.getActiveSession()
    if active is not None:
        yield active
        return
    builder = SparkSession.builder.appName(app)
    settings = dict(SETTINGS)
    if master is not None:
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # workers import what this process imports
        settings |= {**LOCAL, "spark.master": master, "spark.driver.memory": memory}
        settings["spark.driver.extraJavaOptions"] = JAVA + (QUICK_START if rows < FEW_ROWS else "")
    if scratch is not None:
        settings["spark.local.dir"] = str(scratch)
    for name, value in settings.items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    try:
        yield spark
    finally:
        spark.stop()
