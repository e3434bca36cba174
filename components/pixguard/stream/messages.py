"""Messages of the payment topics: what a producer sends, and how a batch of them goes through the contract.

A message is a JSON object `{"schema": 1, "kind": "payment" | "label", "data": {…}}`: a payment as in PAYMENT_FIELDS, or
a label as the lake keeps it, with the time, the amount and the two sides of its payment. What is wrong becomes a dead
letter: the message as it came, with the reason.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pj
from numpy.typing import NDArray

from pixguard.errors import PixguardError
from pixguard.payment import LABEL_FIELDS, PAYMENT_FIELDS, Field, Kind, Reason
from pixguard.payment.rules import judge

Objects = NDArray[np.object_]
Batches = Iterator[pa.RecordBatch]
SCHEMA_VERSION = 1
MAX_AHEAD_US = 3_600_000_000
"""A time farther than this in the future is a dead letter: it would make every other payment too late."""

_PAYMENT = {field.name: field for field in PAYMENT_FIELDS}
_OF_PAYMENT = ("event_time", "amount_centavos", "payer_id", "payee_id")
LABEL_MESSAGE_FIELDS: tuple[Field, ...] = (*LABEL_FIELDS, *(_PAYMENT[name] for name in _OF_PAYMENT))
_FIELDS: Mapping[str, Sequence[Field]] = {"payment": PAYMENT_FIELDS, "label": LABEL_MESSAGE_FIELDS}
_ALL = {field.name: field for fields in _FIELDS.values() for field in fields}
_JSON_TYPES = {Kind.AMOUNT: pa.int64(), Kind.COUNT: pa.int64(), Kind.FLAG: pa.bool_()}

_DATA = pa.struct([pa.field(name, _JSON_TYPES.get(field.kind, pa.string())) for name, field in _ALL.items()])
_MESSAGE = pa.schema({"schema": pa.int64(), "kind": pa.string(), "data": _DATA})
_PARSING = pj.ParseOptions(explicit_schema=_MESSAGE, unexpected_field_behavior="error", newlines_in_values=False)

FACTS = pa.schema(
    {
        "id": pa.string(),
        "time": pa.timestamp("us", "UTC"),
        "fact": pa.string(),
        "amount_centavos": pa.int64(),
        "payer_id": pa.string(),
        "payee_id": pa.string(),
        "device_id": pa.string(),
    }
)
"""What is known of a message: `fact` is payment, fraud or honest; `time` is when it happened or became known."""

_NO_MESSAGE = "not a message: one line of JSON with schema, kind and data of the contract's fields is wanted"
DEAD_LETTERS = pa.schema({"value": pa.string(), "reason": pa.string()})


class Decoded(NamedTuple):
    """A batch of messages: what was right, as FACTS, and what was not, as DEAD_LETTERS; their rows add up."""

    facts: pa.Table
    dead: pa.Table


class MessageError(PixguardError):
    """A row that cannot be put into a message."""


def encode(kind: str, data: Mapping[str, Any]) -> bytes:
    """Return the message of a payment or a label given by field; times are datetimes in UTC, absent fields may be None.

    MessageError where a field is not the contract's.
    """
    unknown = sorted(set(data) - {field.name for field in _FIELDS[kind]})
    if unknown:
        raise MessageError(f"a {kind} message has no field {', '.join(unknown)}: send the contract's fields only")
    filled = {name: _plain(value) for name, value in data.items() if value is not None}
    message = {"schema": SCHEMA_VERSION, "kind": kind, "data": filled}
    return json.dumps(message, separators=(",", ":"), ensure_ascii=True).encode()


def decode(values: Sequence[bytes], *, now_us: int | None = None, zero_amounts: bool = False) -> Decoded:
    """Hold messages against the contract; a broken one costs only itself. Amounts of 0 as in `judge`."""
    latest_us = (time.time_ns() // 1000 if now_us is None else now_us) + MAX_AHEAD_US
    parts = list(_parts(list(values), _Limits(latest_us, zero_amounts)))
    facts = [part.facts for part in parts] or [FACTS.empty_table()]
    dead = [part.dead for part in parts] or [DEAD_LETTERS.empty_table()]
    return Decoded(pa.concat_tables(facts), pa.concat_tables(dead))


def decoding(part: Literal["facts", "dead"], *, zero_amounts: bool) -> Callable[[Batches], Batches]:
    """Return what maps batches of messages (`value`) to one part of them decoded, for Spark's `mapInArrow`."""

    def part_of(batches: Batches) -> Batches:
        for batch in batches:
            found: pa.Table = getattr(decode(batch["value"].to_pylist(), zero_amounts=zero_amounts), part)
            yield from found.combine_chunks().to_batches()

    return part_of


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    return value


class _Limits(NamedTuple):
    latest_us: int
    zero_amounts: bool


def _parts(values: list[bytes], limits: _Limits) -> list[Decoded]:
    """Parse all messages at once; where that fails, halves of them, down to the one that is broken."""
    if not values:
        return []
    try:
        table = _parse(values)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        if len(values) == 1:
            return [Decoded(FACTS.empty_table(), _dead(values, [_NO_MESSAGE]))]
        half = len(values) // 2
        return _parts(values[:half], limits) + _parts(values[half:], limits)
    return [_judged(table, np.array([*values, b""], dtype=object)[:-1], limits)]


def _parse(values: Sequence[bytes]) -> pa.Table:
    if any(b"\n" in value or not value for value in values):
        raise pa.ArrowInvalid("a message is one line")
    lines = b"\n".join(values) + b"\n"
    options = pj.ReadOptions(use_threads=False, block_size=max(len(lines), 1))
    table = pj.read_json(pa.BufferReader(lines), read_options=options, parse_options=_PARSING)
    if len(table) != len(values):
        raise pa.ArrowInvalid("a message holds no object")
    return table


def _judged(table: pa.Table, values: Objects, limits: _Limits) -> Decoded:
    reasons: Objects = np.full(len(table), "", dtype=object)
    kinds = table["kind"].to_numpy(zero_copy_only=False)
    reasons[~np.isin(kinds, list(_FIELDS))] = f"unknown kind: {' or '.join(_FIELDS)} is wanted"
    reasons[table["schema"].to_numpy(zero_copy_only=False) != SCHEMA_VERSION] = "unknown schema version"
    facts = [FACTS.empty_table()]
    for kind in _FIELDS:
        rows = np.flatnonzero((kinds == kind) & (reasons == ""))
        if len(rows):
            data = table["data"].combine_chunks().take(pa.array(rows))
            made, reasons[rows] = _of_kind(kind, data, limits)
            facts.append(made)
    wrong = np.flatnonzero(reasons)
    return Decoded(pa.concat_tables(facts), _dead(values[wrong].tolist(), reasons[wrong].tolist()))


def _of_kind(kind: str, data: pa.Array, limits: _Limits) -> tuple[pa.Table, Objects]:
    """Return the facts of messages of one kind, and what is wrong with each: empty text where it is right."""
    columns = {name: pc.struct_field(data, name) for name in _ALL}
    own = {field.name: columns[field.name] for field in _FIELDS[kind]}
    judgement = judge(pa.table(own), _FIELDS[kind], zero_amounts=limits.zero_amounts)
    reasons: Objects = np.full(len(data), "", dtype=object)
    broken = judgement.rejected(np.arange(len(data)))
    reasons[broken["row"].to_numpy()] = [", ".join(why) for why in broken["reasons"].to_pylist()]
    accepted, kept = judgement.accepted(), np.flatnonzero(judgement.right)
    facts = _MAKERS[kind](accepted)
    reasons[kept[facts["time"].cast(pa.int64()).to_numpy() > limits.latest_us]] = "a time in the future"
    if kind == "label":
        early = pc.less(accepted["known_at"], accepted["event_time"]).to_numpy()
        reasons[kept[early]] = f"{Reason.KNOWN_BEFORE_PAYMENT}:known_at"
    for name, column in columns.items():
        if name not in own and column.null_count < len(column):
            reasons[column.is_valid().to_numpy(zero_copy_only=False)] = f"{name}: a {kind} has no such field"
    return facts.filter(pa.array(reasons[kept] == "")), reasons


def payment_facts(accepted: pa.Table) -> pa.Table:
    """Return payments of the contract as FACTS."""
    fact = pa.array(["payment"]).take(pa.array(np.zeros(len(accepted), dtype=np.int64)))
    columns = [accepted["end_to_end_id"], accepted["event_time"], fact]
    columns += [accepted[name] for name in ("amount_centavos", "payer_id", "payee_id", "device_id")]
    return pa.table(columns, names=FACTS.names).cast(FACTS)


def label_facts(accepted: pa.Table) -> pa.Table:
    """Return labels of the lake as FACTS; a label is told from another by its payment and the time it became known."""
    known_us = pc.cast(pc.cast(accepted["known_at"], pa.int64()), pa.string())
    ids = pc.binary_join_element_wise(accepted["end_to_end_id"], known_us, "|")
    fact = pc.if_else(accepted["is_fraud"], "fraud", "honest")
    sides = [accepted[name] for name in ("amount_centavos", "payer_id", "payee_id")]
    columns = [ids, accepted["known_at"], fact, *sides, pa.nulls(len(accepted), pa.string())]
    return pa.table(columns, names=FACTS.names).cast(FACTS)


_MAKERS: Mapping[str, Callable[[pa.Table], pa.Table]] = {"payment": payment_facts, "label": label_facts}


def _dead(values: Sequence[bytes], reasons: Sequence[str]) -> pa.Table:
    texts = [value.decode("utf-8", "replace") for value in values]
    return pa.table([texts, list(reasons)], schema=DEAD_LETTERS)
