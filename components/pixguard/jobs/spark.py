"""The Spark session of a job: local on a laptop, the cluster's own where spark-submit set a master."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pyspark.sql import SparkSession

# Why each is set: times are UTC whatever the machine's zone; a hot key's window is kept in memory up to this many rows
# before it spills; a co-partitioned table is not shuffled again; the local driver must not listen beyond loopback.
SETTINGS: Mapping[str, str] = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.windowExec.buffer.in.memory.threshold": "65536",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.ui.showConsoleProgress": "false",
}
LOCAL: Mapping[str, str] = {
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.ui.enabled": "false",
    "spark.sql.shuffle.partitions": "8",
    "spark.driver.extraJavaOptions": "-Duser.timezone=UTC -XX:+UseParallelGC",
}


@contextmanager
def session(
    app: str, *, master: str | None = None, memory: str = "3g", scratch: Path | None = None
) -> Iterator[SparkSession]:
    """Yield a session and stop it at the end; a session that is already running is used and left running.

    `master` None means the one spark-submit chose, or two local cores where there is none.
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
