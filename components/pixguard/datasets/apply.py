"""A mapping applied to a batch of raw rows: columns of the contract, and what could not be converted."""

import hashlib
from collections.abc import Mapping as Dictionary
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pixguard.datasets.mapping import Mapping, Source, TableMapping
from pixguard.payment.columns import Converted, Problems, code, flat, is_number, is_text
from pixguard.payment.numbers import whole
from pixguard.payment.reasons import Reason
from pixguard.payment.schema import Kind
from pixguard.payment.times import INSTANT, instants
from pixguard.privacy import Keyring

_ACCOUNT = "account"
_TOKEN_KINDS = {"payer_id": _ACCOUNT, "payee_id": _ACCOUNT, "device_id": "device"}
"""Payer and payee share a name space: the account that received is the account that pays on."""
_MICROSECONDS = {"epoch_s": 1_000_000, "epoch_ms": 1_000, "epoch_us": 1}
_ID_CHARACTERS = 32


@dataclass(frozen=True, slots=True)
class Mapped:
    """Contract columns out of a mapping, and the problems of each column's rows."""

    table: pa.Table
    problems: Dictionary[str, Problems]


def apply(mapping: Mapping, table: TableMapping, raw: pa.Table, keys: Keyring | None) -> Mapped:
    """Return the contract's columns of a raw table.

    Identifiers become tokens here; `keys` may be None only for a mapping that is `tokenised`.
    """
    columns: dict[str, Converted] = {}
    for source in table.sources:
        if source.column in raw.column_names:
            array = flat(raw[source.column])
            columns[source.field.name] = _by_kind(mapping, source, array, raw, keys)
    problems = {name: column.problems for name, column in columns.items() if column.problems.any()}
    values = {name: column.values for name, column in columns.items()}
    return Mapped(pa.table(values) if values else raw.select([]), problems)


def labels_inside(mapping: Mapping, payments: Mapped, raw: pa.Table) -> tuple[Mapped, pa.Array]:
    """Return the labels that sit in a payments table, and which rows of it have one, bool [rows].

    Such a label becomes known `known_after` after its payment's time.
    """
    if mapping.labels is None:
        raise TypeError("the mapping has no labels")
    labels = apply(mapping, mapping.labels, raw, None)
    flags = next(source.column for source in mapping.labels.sources if source.field.name == "is_fraud")
    judged = instants(flat(payments.table["event_time"]))
    later = pc.add(judged.values, pa.scalar(mapping.known_after or timedelta(0), pa.duration("us")))
    table = labels.table.append_column("end_to_end_id", payments.table["end_to_end_id"])
    table = table.append_column("known_at", pc.cast(later, INSTANT))
    problems = {**labels.problems, "known_at": payments.problems.get("event_time", judged.problems)}
    if "end_to_end_id" in payments.problems:
        problems["end_to_end_id"] = payments.problems["end_to_end_id"]
    return Mapped(table, problems), pc.is_valid(flat(raw[flags]))


def _by_kind(mapping: Mapping, source: Source, array: pa.Array, raw: pa.Table, keys: Keyring | None) -> Converted:
    """Convert a column; one that mixes types (JSON) stays a union, of which each type is converted."""
    if not pa.types.is_union(array.type):
        return _convert(mapping, source, array, raw, keys)
    parts = [_convert(mapping, source, flat(array.field(n)), raw, keys) for n in range(array.type.num_fields)]
    problems = np.choose(array.type_codes.to_numpy(), [part.problems for part in parts])
    names = [array.type.field(number).name for number in range(len(parts))]
    values = pa.UnionArray.from_sparse(array.type_codes, [part.values for part in parts], names)
    return Converted(values, problems.astype(np.uint8))


def _convert(mapping: Mapping, source: Source, array: pa.Array, raw: pa.Table, keys: Keyring | None) -> Converted:
    kind, options = source.field.kind, source.options
    if kind is Kind.TOKENISED and not mapping.tokenised:
        return _tokens(source, array, keys)
    if kind is Kind.ID and "derive" in options:
        return _derived_ids(array, options["derive"], options["prefix"])
    if kind is Kind.TIME and options:
        return _times(array, options)
    if kind is Kind.AMOUNT and options:
        return _amounts(array, options, raw)
    if "values" in options and (is_text(array.type) or pa.types.is_integer(array.type)):
        return _plain(_translated(array, options["values"]))
    return _plain(array)


def _plain(array: pa.Array) -> Converted:
    return Converted(array, np.zeros(len(array), np.uint8))


def _tokens(source: Source, array: pa.Array, keys: Keyring | None) -> Converted:
    if keys is None:
        raise TypeError("clear identifiers need a key ring")
    if not (is_text(array.type) or pa.types.is_integer(array.type)):
        return Converted.all_wrong(array, pa.string(), Reason.WRONG_TYPE)  # 7.0 and 7 would be two people
    clear = flat(pc.cast(array, pa.string()))
    normalise = source.options.get("normalise", "none")
    if normalise == "digits":
        clear = flat(pc.replace_substring_regex(clear, "[^0-9]", ""))
    elif normalise == "lower":
        clear = pc.utf8_lower(clear)
    kind = source.options.get("kind", _TOKEN_KINDS[source.field.name])
    return _plain(keys.tokens(kind, clear))


def _derived_ids(array: pa.Array, way: str, prefix: str) -> Converted:
    """Derive `X` + prefix + the zero-padded number, or + hex digits of the SHA-256 of the text."""
    if not (is_text(array.type) or pa.types.is_integer(array.type)):
        return Converted.all_wrong(array, pa.string(), Reason.WRONG_TYPE)
    text, room = pc.cast(array, pa.string()), _ID_CHARACTERS - 1 - len(prefix)
    if way == "digits":
        fits = pc.match_substring_regex(text, f"^(0|[1-9][0-9]{{0,{room - 1}}})$")
        column = _plain(text).where_not(fits, Reason.BAD_END_TO_END_ID)
        padded = pc.utf8_lpad(column.values, width=room, padding="0")
    else:
        column = _plain(text)
        digests = [v if v is None else hashlib.sha256(v.encode()).hexdigest()[:room] for v in text.to_pylist()]
        padded = pa.array(digests, pa.string())
    return Converted(pc.binary_join_element_wise(f"X{prefix}", padded, ""), column.problems)


def _times(array: pa.Array, options: Dictionary[str, str]) -> Converted:
    unit = _MICROSECONDS.get(options.get("format", "iso"))
    if unit is None:
        return instants(array, zone=options.get("zone"), fold=options.get("fold"))  # type: ignore[arg-type]
    if not (is_text(array.type) or is_number(array.type)):
        return Converted.all_wrong(array, INSTANT, Reason.WRONG_TYPE)
    micros = whole(array, digits=len(str(unit)) - 1, round_half_even=True)
    return Converted(pc.cast(micros.values, INSTANT), micros.problems)


def _amounts(array: pa.Array, options: Dictionary[str, str], raw: pa.Table) -> Converted:
    if not (is_text(array.type) or is_number(array.type)):
        return Converted.all_wrong(array, pa.int64(), Reason.WRONG_TYPE)
    if is_text(array.type) and options.get("decimal") == ",":
        array = pc.replace_substring(pc.replace_substring(array, ".", ""), ",", ".")  # 1.234,56
    digits = 2 if options.get("unit") == "brl" else 0
    centavos = whole(array, digits=digits, round_half_even=options.get("rounding") == "half_even")
    if "currency" not in options:
        return centavos
    foreign = pc.fill_null(pc.not_equal(flat(raw[options["currency"]]), "BRL"), True).to_numpy(zero_copy_only=False)
    foreign &= array.is_valid().to_numpy(zero_copy_only=False)
    return centavos.over((foreign * code(Reason.WRONG_CURRENCY)).astype(np.uint8))


def _translated(array: pa.Array, values: Dictionary[object, object]) -> pa.Array:
    """Replace the values that the mapping names; the others stay, for the contract to judge."""
    text = pc.cast(array, pa.string())
    found = pa.array([str(value) for value in values], pa.string())
    wanted = pa.array([str(value) for value in values.values()], pa.string())
    return pc.coalesce(wanted.take(pc.index_in(text, found)), text)
