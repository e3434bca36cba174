"""Plain Spark, as a competent user writes it from the declarations: one range frame for each, view after view.

No trick of ours: keys stay strings, payer and payee are computed one after the other, every aggregate is its own
expression over the finished hops (`rangeBetween` on the hop's number) and over the open hop (`rangeBetween` on time),
and Spark is as it comes, but for its memory and UTC.
"""

from __future__ import annotations

from pathlib import Path

from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as F  # noqa: N812 - the field's name for it

from feature_cases import Columns
from pixguard.declaration import Aggregate
from pixguard.features import PIX
from pixguard.sketch import ESTIMATES


def build(lake: Path, out: Path) -> None:
    """Write `<out>/<view>/event_date=…/` with the aggregates of every payment of the lake."""
    settings = {"spark.driver.memory": "3g", "spark.sql.session.timeZone": "UTC"}
    with SparkSession.builder.master("local[2]").config(map=settings).getOrCreate() as spark:
        for view, declared in PIX.by_view().items():
            table = _aggregates(_events(spark, lake, view), declared).where("is_own")
            table = table.select("end_to_end_id", "event_time", *(a.name for a in declared))
            days = table.withColumn("event_date", F.to_date("event_time")).repartition("event_date")
            days.write.partitionBy("event_date").parquet(str(out / view))


def _events(spark: SparkSession, lake: Path, view: str) -> DataFrame:
    """Return everything that the view's aggregates count: payments on either side and labels that became known."""
    payments, labels = spark.read.parquet(str(lake / "payments")), spark.read.parquet(str(lake / "labels"))
    sides = [Columns.of(v) for v in ("payer", "payee")] if view in ("payer", "payee") else [Columns.of(view)]
    tables = [_payments(payments, columns, own=columns.view == view) for columns in sides]
    if view in ("payer", "payee"):
        tables += [_frauds(labels.where("is_fraud"), columns) for columns in sides]
    events = tables[0]
    for table in tables[1:]:
        events = events.unionByName(table)
    return events


def _payments(payments: DataFrame, columns: Columns, *, own: bool) -> DataFrame:
    key = F.concat_ws("/", *columns.key)
    if columns.view == "device":
        key = F.coalesce("device_id", "end_to_end_id")
    return payments.select(
        "end_to_end_id", "event_time", "amount_centavos", key.alias("key"), F.unix_micros("event_time").alias("t"),
        F.lit(columns.role).alias("role"), F.col(columns.counterparty).alias("counterparty"),
        F.lit(own).alias("is_own"),
    )  # fmt: skip


def _frauds(labels: DataFrame, columns: Columns) -> DataFrame:
    return labels.select(
        F.lit(None).cast("string").alias("end_to_end_id"), F.col("known_at").alias("event_time"), "amount_centavos",
        F.col(columns.key[0]).alias("key"), F.unix_micros("known_at").alias("t"),
        F.lit(f"{columns.role}_fraud").alias("role"), F.lit(None).cast("string").alias("counterparty"),
        F.lit(False).alias("is_own"),
    )  # fmt: skip


def _aggregates(events: DataFrame, declared: tuple[Aggregate, ...]) -> DataFrame:
    hops = {f"hop_{a.hop}": F.call_function("div", F.col("t"), F.lit(a.hop_us)) for a in declared}
    return events.withColumns(hops).select("*", *(_over_window(a).alias(a.name) for a in declared))


def _over_window(a: Aggregate) -> Column:
    hop = f"hop_{a.hop}"
    finished = Window.partitionBy("key").orderBy(hop).rangeBetween(1 - a.window_us // a.hop_us, -1)
    opened = Window.partitionBy("key", hop).orderBy("t").rangeBetween(Window.unboundedPreceding, -1)
    return _merge(a, _aggregate(a).over(finished), _aggregate(a).over(opened))


def _aggregate(a: Aggregate) -> Column:
    own = F.col("role") == (f"{a.measure.role}_fraud" if a.measure.only else a.measure.role)
    if a.operation == "distinct":
        bit = F.conv(F.right("counterparty", F.lit(2)), 16, 10).cast("int") % 64
        return F.bit_or(F.when(own, F.call_function("shiftleft", F.lit(1).cast("bigint"), bit)))
    value = {"count": F.lit(1), "last": F.col("t")}.get(a.operation, F.col("amount_centavos"))
    function = {"count": F.count, "sum": F.sum, "max": F.max, "last": F.max}[a.operation]
    return function(F.when(own, value))


def _merge(a: Aggregate, finished: Column, opened: Column) -> Column:
    zero = F.lit(0).cast("bigint")
    if a.operation in ("count", "sum"):
        return F.coalesce(finished, zero) + F.coalesce(opened, zero)
    if a.operation in ("max", "last"):
        return F.coalesce(F.greatest(finished, opened), zero)
    ones = F.bit_count(F.coalesce(finished, zero).bitwiseOR(F.coalesce(opened, zero)))
    return F.element_at(F.array(*(F.lit(estimate).cast("bigint") for estimate in ESTIMATES)), ones + 1)
