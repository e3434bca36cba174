"""What any Spark job with this input and output must do: read, shuffle by key, shuffle by day, write as many columns.

The columns it writes carry numbers of the same spread as the real ones, derived from what was read, so that encoding
and compression cost what they cost there.
"""

from __future__ import annotations

from pathlib import Path

from pyspark.sql import functions as F  # noqa: N812 - the field's name for it

from pixguard.batch import rows, streams
from pixguard.features import PIX
from pixguard.jobs.build_features import _PAYMENT_COLUMNS
from pixguard.jobs.spark import session


def build(lake: Path, out: Path) -> None:
    """Write `<out>/view=…/event_date=…/` with as many int64 columns as there are aggregates."""
    with session("floor", master="local[2]") as spark:
        payments = spark.read.parquet(str(lake / "payments")).select(*_PAYMENT_COLUMNS)
        labels = spark.read.parquet(str(lake / "labels"))
        for stream in streams(PIX):
            small = {a.feature: F.pmod("time_us", F.lit(97 + n)) for n, a in enumerate(stream.aggregates)}
            wide = [a.feature for a in stream.aggregates if a.operation in ("sum", "max", "last")]
            large = dict.fromkeys(wide, F.pmod("time_us", "amount_centavos"))
            table = rows(payments, labels, stream).repartition("key").where(F.col("view").isNotNull())
            days = table.select(
                "end_to_end_id", F.timestamp_micros("time_us").alias("event_time"), "view",
                *(value.alias(name) for name, value in (small | large).items()),
            ).withColumn("event_date", F.to_date("event_time"))  # fmt: skip
            files = days.repartition("view", "event_date").write.partitionBy("view", "event_date")
            files.mode("append").parquet(str(out))
