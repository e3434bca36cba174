"""Polars: tiles for each hop, rolled over the finished hops, plus a rolling open hop; payer and payee share a pass."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from feature_cases import ENTITIES, Columns
from pixguard.declaration import Aggregate
from pixguard.features import PIX
from pixguard.sketch import ESTIMATES


def build(lake: Path, out: Path) -> None:
    """Write `<out>/<view>/event_date=…/` with the aggregates of every payment of the lake."""
    payments = pl.read_parquet(lake / "payments" / "*" / "*.parquet", columns=list(_PAYMENT), hive_partitioning=False)
    labels = pl.read_parquet(lake / "labels" / "*" / "*.parquet", columns=list(_LABEL), hive_partitioning=False)
    for views in ENTITIES:
        declared = {a.feature: a for view in views for a in PIX.by_view()[view]}
        known = labels if views[0] == "payer" else labels.clear()
        events = _at_one_time(_events(payments, known, views), tuple(declared.values()))
        found = _aggregates(events, tuple(declared.values()))
        for view in views:
            own = payments.select("end_to_end_id", "event_time", _key(view), t=pl.col("event_time").dt.epoch("us"))
            table = own.join(found, on=["key", "t"], how="left")
            named = [pl.col(a.feature).alias(a.name) for a in PIX.by_view()[view]]
            table = table.select("end_to_end_id", "event_time", *named, event_date=pl.col("event_time").dt.date())
            (out / view).mkdir(parents=True)
            table.write_parquet(out / view, partition_by="event_date", mkdir=True)


_PAYMENT = ("end_to_end_id", "event_time", "amount_centavos", "payer_id", "payee_id", "device_id")
_LABEL = ("known_at", "is_fraud", "amount_centavos", "payer_id", "payee_id")


def _key(view: str) -> pl.Expr:
    key = Columns.of(view).key
    hashed = pl.struct(key).hash() if len(key) > 1 else pl.col(key[0]).hash()
    if view == "device":
        hashed = pl.when(pl.col("device_id").is_null()).then(pl.col("end_to_end_id").hash()).otherwise(hashed)
    return hashed.alias("key")


def _events(payments: pl.DataFrame, labels: pl.DataFrame, views: tuple[str, ...]) -> pl.DataFrame:
    """Return key, t, role, x and bit of every payment and known fraud of each view."""
    tables = []
    for view in views:
        columns = Columns.of(view)
        digits = pl.col(columns.counterparty).str.tail(2).str.to_integer(base=16).cast(pl.UInt64) % 64
        shared = {"x": pl.col("amount_centavos")}
        tables.append(
            payments.select(_key(view), t=pl.col("event_time").dt.epoch("us"), role=pl.lit(columns.role), **shared,
                            bit=pl.lit(2, pl.UInt64).pow(digits))
        )  # fmt: skip
        tables.append(
            labels.filter("is_fraud").select(
                _key(view) if labels.height else pl.lit(0, pl.UInt64).alias("key"),
                t=pl.col("known_at").dt.epoch("us"), role=pl.lit(f"{columns.role}_fraud"), **shared,
                bit=pl.lit(0, pl.UInt64))
        )  # fmt: skip
    return pl.concat(tables)


def _base(a: Aggregate) -> str:
    return f"{a.column}_{a.operation}"


def _own(a: Aggregate) -> pl.Expr:
    return pl.col("role") == (f"{a.measure.role}_fraud" if a.measure.only else a.measure.role)


def _at_one_time(events: pl.DataFrame, declared: tuple[Aggregate, ...]) -> pl.DataFrame:
    """Return one row for each key and time with the partial aggregates of its events, in order of key and time."""
    value = {"count": pl.lit(1, pl.Int64), "sum": pl.col("x"), "max": pl.col("x"), "last": pl.col("t")}
    value["distinct"] = pl.col("bit")
    columns = [pl.when(_own(a)).then(value[a.operation]).otherwise(0).alias(_base(a)) for a in _bases(declared)]
    partials = [_merge(a, pl.col(_base(a))).alias(_base(a)) for a in _bases(declared)]
    return events.lazy().select("key", "t", *columns).group_by("key", "t").agg(partials).sort("key", "t").collect()


def _bases(declared: tuple[Aggregate, ...]) -> tuple[Aggregate, ...]:
    return tuple({_base(a): a for a in declared}.values())


def _merge(a: Aggregate, column: pl.Expr) -> pl.Expr:
    if a.operation in ("count", "sum"):
        return column.sum()
    return column.max() if a.operation in ("max", "last") else column.bitwise_or()


def _aggregates(events: pl.DataFrame, declared: tuple[Aggregate, ...]) -> pl.DataFrame:
    """Return key, t and the value of each aggregate, in the order of `events`."""
    found = events.select("key", "t")
    for window in dict.fromkeys(a.window for a in declared):
        found = found.with_columns(_window(events, [a for a in declared if a.window == window]))
    return found


def _window(events: pl.DataFrame, declared: list[Aggregate]) -> list[pl.Series]:
    hop_us, hops = declared[0].hop_us, declared[0].window_us // declared[0].hop_us
    bases, rows = _bases(tuple(declared)), events.with_columns(hop=pl.col("t") // hop_us)
    merged = [_merge(a, pl.col(_base(a))).alias(_base(a)) for a in bases]
    tiles = rows.group_by("key", "hop").agg(merged).sort("key", "hop")
    finished = tiles.rolling("hop", period=f"{hops - 1}i", closed="left", group_by="key").agg(merged)
    opened = rows.rolling("t", period=f"{hop_us}i", closed="left", group_by=["key", "hop"]).agg(merged)
    if not opened["t"].equals(events["t"]):
        raise ValueError("polars: rolling changed the order of the rows")
    joined = opened.join(finished, on=["key", "hop"], how="left", maintain_order="left", suffix="_finished")
    return joined.select(_value(a).alias(a.feature) for a in declared).get_columns()


def _value(a: Aggregate) -> pl.Expr:
    opened, finished = pl.col(_base(a)).fill_null(0), pl.col(f"{_base(a)}_finished").fill_null(0)
    if a.operation in ("count", "sum"):
        return opened + finished
    if a.operation in ("max", "last"):
        return pl.max_horizontal(opened, finished)
    ones = (opened | finished).bitwise_count_ones().cast(pl.Int64)
    return ones.replace_strict(list(range(65)), list(ESTIMATES), return_dtype=pl.Int64)
