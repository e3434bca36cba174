"""Declarations → Spark columns: each payment's aggregates as of its own time, at a cost linear in the rows.

A payment leaves an event on each entity it touches. Per entity the events are shuffled once by key; a window is then
the merge of two frames: the finished hops, ordered by hop number so that all payments of a hop share one frame, and
the open hop, a running frame that ends strictly before the payment. A row is visited at most window ÷ hop times,
however hot its key, so there is no self-join, no collected list and no skewed row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import reduce

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812 - the field's name for it

from pixguard.declaration import Aggregate, Entity, FeatureSet
from pixguard.kinds import COUNTERPARTY, KEY_COLUMNS, VIEW_ROLE, Kind
from pixguard.sketch import BITS, ESTIMATES


@dataclass(frozen=True)
class Stream:
    """The views whose aggregates are computed in one pass over one entity's events, and those kinds of event."""

    entity: Entity
    views: tuple[str, ...]
    aggregates: tuple[Aggregate, ...]
    kinds: tuple[Kind, ...]

    def number(self, kind: Kind) -> int:
        """Return the small integer that stands for a kind in the rows."""
        return self.kinds.index(kind)


def streams(feature_set: FeatureSet) -> tuple[Stream, ...]:
    """Return the passes that a feature set needs: views of one entity share a pass where they read the same events."""
    return tuple(_stream(views) for views in _passes({v: list(a) for v, a in feature_set.by_view().items()}))


def rows(payments: DataFrame, labels: DataFrame, stream: Stream) -> DataFrame:
    """Return the events and queries of a stream: key, time_us, kind, amount_centavos, bit, view, end_to_end_id."""
    payment_rows = _payment_rows(payments, stream)
    labels_kinds = [kind for kind in stream.kinds if kind.source == "labels"]
    tables = [payment_rows]
    if labels_kinds:
        tables.append(_label_rows(labels, stream, labels_kinds))
    tables += [_delayed_rows(payments, stream, kind) for kind in stream.kinds if kind.delay_us]
    return reduce(DataFrame.unionByName, tables)


def with_aggregates(events: DataFrame, stream: Stream) -> DataFrame:
    """Return the payments among `rows` with one int64 column for each aggregate of the stream, empty windows 0."""
    table = events.repartition("key")
    for hop_us in dict.fromkeys(a.hop_us for a in stream.aggregates):
        declared = [a for a in stream.aggregates if a.hop_us == hop_us]
        table = _with_hop(table, stream, declared, hop_us)
    features = dict.fromkeys(a.feature for a in stream.aggregates)
    return table.where(F.col("view").isNotNull()).select(
        "end_to_end_id", F.timestamp_micros("time_us").alias("event_time"), "view", *features
    )


def features(payments: DataFrame, labels: DataFrame, feature_set: FeatureSet) -> dict[Stream, DataFrame]:
    """Return a table for each stream: end_to_end_id, event_time, view and the aggregates of its views."""
    return {s: with_aggregates(rows(payments, labels, s), s) for s in streams(feature_set)}


def _passes(views: dict[str, list[Aggregate]]) -> list[dict[str, list[Aggregate]]]:
    """Split views into passes: payer and payee share one only if both read what the account sent and received."""
    account = [view for view in views if view in ("payer", "payee")]
    kinds = [_kinds(views[view]) for view in account]
    shared = len(account) == 2 and set(kinds[0]) & set(kinds[1])
    passes = [{view: views[view] for view in account}] if shared else [{view: views[view]} for view in account]
    return passes + [{view: views[view]} for view in views if view not in account]


def _kinds(aggregates: Iterable[Aggregate]) -> tuple[Kind, ...]:
    return tuple(dict.fromkeys(kind for a in aggregates for kind in Kind.of(a)))


def _stream(views: dict[str, list[Aggregate]]) -> Stream:
    """Make a stream; where two views share it, an aggregate declared for one is computed for both."""
    declared = {a.feature: a for aggregates in views.values() for a in aggregates}
    entity = next(iter(declared.values())).measure.entity
    queries = tuple(Kind(entity, VIEW_ROLE[view], "payments", "", 0) for view in views)
    kinds = tuple(dict.fromkeys((*queries, *_kinds(declared.values()))))
    return Stream(entity, tuple(views), tuple(declared.values()), kinds)


def _payment_rows(payments: DataFrame, stream: Stream) -> DataFrame:
    kinds = [kind for kind in stream.kinds if kind.source == "payments" and not kind.delay_us]
    sides = [
        F.struct(
            _key(kind).alias("key"),
            F.lit(stream.number(kind)).alias("kind"),
            _bit(COUNTERPARTY[kind.entity, kind.role]).alias("bit"),
            _view(stream, kind).alias("view"),
        )
        for kind in kinds
    ]
    return payments.select(
        "end_to_end_id", F.unix_micros("event_time").alias("time_us"), "amount_centavos", F.inline(F.array(*sides))
    )


def _label_rows(labels: DataFrame, stream: Stream, kinds: list[Kind]) -> DataFrame:
    verdict = F.when(F.col("is_fraud"), "fraud").otherwise("honest")
    tables = [
        labels.where(verdict == kind.only).select(
            F.lit(None).cast("string").alias("end_to_end_id"),
            F.unix_micros("known_at").alias("time_us"),
            "amount_centavos",
            _key(kind).alias("key"),
            F.lit(stream.number(kind)).alias("kind"),
            F.lit(0).cast("bigint").alias("bit"),
            F.lit(None).cast("string").alias("view"),
        )
        for kind in kinds
    ]
    return reduce(DataFrame.unionByName, tables)


def _delayed_rows(payments: DataFrame, stream: Stream, kind: Kind) -> DataFrame:
    return payments.select(
        F.lit(None).cast("string").alias("end_to_end_id"),
        (F.unix_micros("event_time") + F.lit(kind.delay_us)).alias("time_us"),
        "amount_centavos",
        _key(kind).alias("key"),
        F.lit(stream.number(kind)).alias("kind"),
        _bit(COUNTERPARTY[kind.entity, kind.role]).alias("bit"),
        F.lit(None).cast("string").alias("view"),
    )


def _view(stream: Stream, kind: Kind) -> Column:
    views = [view for view in stream.views if VIEW_ROLE[view] == kind.role]
    return F.lit(views[0] if views else None).cast("string")


def _key(kind: Kind) -> Column:
    """Hash a key to 64 bits: sorting integers is what makes the job quick.

    Tokens are keyed hashes already; that any two of 10^8 accounts meet has a chance of 0.03 %. A payment without a
    device gets a key of its own, so that its windows are empty and it is not lost.
    """
    columns = KEY_COLUMNS[kind.entity, kind.role]
    hashed = F.xxhash64(*columns)
    return (
        F.when(F.col("device_id").isNull(), F.xxhash64("end_to_end_id")).otherwise(hashed)
        if kind.entity == "device"
        else hashed
    )


def token_bit(column: str) -> Column:
    """Return the bit (0 to 63) that the last two hexadecimal digits of a token choose: tokens are uniform already."""
    return F.conv(F.right(F.col(column), F.lit(2)), 16, 10).cast("int") % BITS


def _bit(column: str) -> Column:
    """Return the bitmap with a token's bit."""
    return F.call_function("shiftleft", F.lit(1).cast("bigint"), token_bit(column))


def _with_hop(table: DataFrame, stream: Stream, declared: list[Aggregate], hop_us: int) -> DataFrame:
    """Add the aggregates whose hop is `hop_us`: open hop first, then finished hops, then their merge."""
    hop = F.call_function("div", F.col("time_us"), F.lit(hop_us))
    open_hop = Window.partitionBy("key", "hop").orderBy("time_us").rangeBetween(Window.unboundedPreceding, -1)
    parts = {_part_name(a): _partial(a, stream).over(open_hop) for a in declared}
    table = table.withColumn("hop", hop).withColumns(parts)
    merged = {}
    for a in declared:
        frame = Window.partitionBy("key").orderBy("hop").rangeBetween(1 - a.window_us // hop_us, -1)
        merged[a.feature] = _merged(a, _partial(a, stream).over(frame), F.col(_part_name(a)))
    return table.withColumns(merged).drop("hop", *parts)


def _part_name(aggregate: Aggregate) -> str:
    return f"open_{aggregate.column}_{aggregate.operation}_{aggregate.delay}"


def _partial(aggregate: Aggregate, stream: Stream) -> Column:
    """Aggregate the events of one frame."""
    own = F.col("kind").isin([stream.number(kind) for kind in Kind.of(aggregate)])
    value: dict[str, Callable[[], Column]] = {
        "count": lambda: F.sum(F.when(own, 1).otherwise(0).cast("bigint")),
        "sum": lambda: F.sum(F.when(own, F.col("amount_centavos")).otherwise(0)),
        "max": lambda: F.max(F.when(own, F.col("amount_centavos"))),
        "min": lambda: F.min(F.when(own, F.col("amount_centavos"))),
        "first": lambda: F.min(F.when(own, F.col("time_us"))),
        "last": lambda: F.max(F.when(own, F.col("time_us"))),
        "distinct": lambda: F.bit_or(F.when(own, F.col("bit")).otherwise(0)),
    }
    return value[aggregate.operation]()


def _merged(aggregate: Aggregate, finished: Column, open_hop: Column) -> Column:
    """Merge finished hops and the open one; an empty window is 0."""
    zero = F.lit(0).cast("bigint")
    if aggregate.operation in ("count", "sum"):
        return F.coalesce(finished, zero) + F.coalesce(open_hop, zero)
    if aggregate.operation in ("max", "last"):
        return F.coalesce(F.greatest(finished, open_hop), zero)
    if aggregate.operation in ("min", "first"):
        return F.coalesce(F.least(finished, open_hop), zero)
    bitmap = F.coalesce(finished, zero).bitwiseOR(F.coalesce(open_hop, zero))
    table = F.array(*(F.lit(estimate).cast("bigint") for estimate in ESTIMATES))
    return F.element_at(table, F.bit_count(bitmap) + 1)
