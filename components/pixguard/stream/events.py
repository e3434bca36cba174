"""Facts → the events that each leaves on the state of its keys, as Spark columns: the same for stream and backfill."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the field's name for it

from pixguard.batch import token_bit
from pixguard.declaration import Entity
from pixguard.kinds import COUNTERPARTY, KEY_COLUMNS, Kind
from pixguard.state import StateLayout

BUCKETS = 16
"""Keys are spread over this many groups. It is written into checkpoints and backfills: it cannot change under them."""
EVENT_COLUMNS = ("time_us", "amount_centavos", "code")

Layouts = Mapping[Entity, StateLayout]


class EntityKey(NamedTuple):
    """A key of the state and the entity it belongs to."""

    entity: Entity
    key: str


def state_key(entity: str, key: str) -> str:
    """Return the text that stands for a key among those of all entities, such as `account:k1.…`."""
    return f"{entity}:{key}"


def events(facts: DataFrame, layouts: Layouts) -> DataFrame:
    """Return bucket, state_key, time_us, amount_centavos, code (kind + 256 * bit) of every event, in one pass."""
    made = [
        _event(layout.entity, number, kind) for layout in layouts.values() for number, kind in enumerate(layout.kinds)
    ]
    named = facts.select(F.inline(F.array(*made))).where(F.col("state_key").isNotNull())
    return named.withColumn("bucket", bucket(F.col("state_key")))


def bucket(key: Column) -> Column:
    """Return the group of a state key."""
    return F.pmod(F.xxhash64(key), F.lit(BUCKETS)).cast("int")


def _event(entity: Entity, number: int, kind: Kind) -> Column:
    """Return the event of a kind as a struct, null where the fact is none of that kind or has no such key."""
    fact = "payment" if kind.source == "payments" else kind.only
    columns = KEY_COLUMNS[kind.entity, kind.role]
    key = F.concat_ws("|", *columns)
    bit = token_bit(COUNTERPARTY[kind.entity, kind.role]) if kind.source == "payments" else F.lit(0)
    event = F.struct(
        F.concat(F.lit(f"{entity}:"), key).alias("state_key"),
        (F.unix_micros("time") + F.lit(kind.delay_us)).alias("time_us"),
        F.col("amount_centavos"),
        (F.lit(number) + F.lit(256) * bit).cast("bigint").alias("code"),
    )
    own = F.col("fact") == fact
    for column in columns:
        own = own & F.col(column).isNotNull()
    return F.when(own, event)
