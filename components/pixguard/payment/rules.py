"""The contract's rules for whole tables: which rows keep them, and why the others do not."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pixguard.payment.columns import Converted, Int64s, Problems, code, flat, is_number, is_text, reason_of
from pixguard.payment.numbers import whole
from pixguard.payment.reasons import ContractError, Reason
from pixguard.payment.schema import (
    DERIVED_ID_PATTERN,
    ID_CLOCK_DIFFERENCE,
    ISPB_PATTERN,
    MAX_AMOUNT_CENTAVOS,
    MAX_COUNT,
    PAYMENT_FIELDS,
    PIX_ID_PATTERN,
    TOKENISED_PATTERN,
    Field,
    Kind,
    reject_schema,
)
from pixguard.payment.times import civil_minutes, digits, instants


@dataclass(frozen=True, slots=True)
class Judgement:
    """A table held against the contract: columns of contract types, and for each the problems of its rows."""

    fields: Sequence[Field]
    columns: Mapping[str, Converted]

    @property
    def right(self) -> NDArray[np.bool_]:
        """Tell for each row whether it keeps every rule, bool [rows]."""
        return np.asarray(np.logical_and.reduce([column.problems == 0 for column in self.columns.values()]))

    def accepted(self) -> pa.Table:
        """Return the rows that keep every rule, in the contract's schema."""
        schema = pa.schema([field.arrow for field in self.fields])
        table = pa.table([self.columns[field.name].values for field in self.fields], names=schema.names)
        return table.filter(pa.array(self.right)).cast(schema)

    def rejected(self, rows: Int64s) -> pa.Table:
        """Return the other rows with their number out of `rows`, their reasons, and what of them was right."""
        schema = reject_schema(pa.schema([field.arrow for field in self.fields]))
        wrong = np.flatnonzero(~self.right)
        values = [self.columns[field.name].values.take(pa.array(wrong)) for field in self.fields]
        return pa.table([pa.array(rows[wrong]), self._reasons(wrong), *values], schema=schema)

    def _reasons(self, wrong: Int64s) -> pa.ListArray:
        """List `reason:field` for each of the rows `wrong`, in the order of the fields."""
        texts: list[list[str]] = [[] for _ in range(len(wrong))]
        for field in self.fields:
            problems = self.columns[field.name].problems[wrong]
            for at in np.flatnonzero(problems):
                texts[at].append(f"{reason_of(int(problems[at]))}:{field.name}")
        return pa.array(texts, pa.list_(pa.string()))


@dataclass(frozen=True, slots=True)
class _Options:
    derived_ids: bool
    zero_amounts: bool


def judge(
    table: pa.Table,
    fields: Sequence[Field] = PAYMENT_FIELDS,
    *,
    found: Mapping[str, Problems] | None = None,
    derived_ids: bool = True,
    zero_amounts: bool = False,
) -> Judgement:
    """Hold each row of `table` against the rules of `fields`.

    Columns may be typed or text; an optional one may be absent. `found` are problems of an earlier step (a mapping's
    conversion), by field. Ids that a mapping derived (`X…`) are refused unless `derived_ids`, amounts of 0
    unless `zero_amounts`. Raises ContractError for a column that the contract does not have.
    """
    unknown = set(table.column_names) - {field.name for field in fields}
    if unknown:
        raise ContractError(f"found columns {sorted(unknown)}, wanted only {[field.name for field in fields]}")
    options = _Options(derived_ids, zero_amounts)
    columns: dict[str, Converted] = {}
    for field in fields:
        raw = flat(table[field.name]) if field.name in table.column_names else pa.nulls(len(table))
        columns[field.name] = _judge_field(field, raw, (found or {}).get(field.name), options)
    if "event_time" in columns:
        columns["end_to_end_id"] = _id_near_time(columns["end_to_end_id"], columns["event_time"].values)
    return Judgement(fields, columns)


def check(table: pa.Table, fields: Sequence[Field] = PAYMENT_FIELDS) -> tuple[pa.Table, pa.Table]:
    """Return (accepted, rejected) rows of a table; rejected rows are numbered from 0 and carry their reasons."""
    judgement = judge(table, fields)
    return judgement.accepted(), judgement.rejected(np.arange(len(table)))


def _judge_field(field: Field, raw: pa.Array, found: Problems | None, options: _Options) -> Converted:
    converted = _by_kind(field, raw, options)
    if found is not None:
        converted = converted.over(found)
    if not field.required:
        return converted
    missing = raw.is_null().to_numpy(zero_copy_only=False) & (converted.problems == 0)
    return converted.over((missing * code(Reason.MISSING)).astype(np.uint8))


def _by_kind(field: Field, raw: pa.Array, options: _Options) -> Converted:
    """Convert a column; one that mixes types (JSON) is a union, of which each type is converted on its own."""
    if pa.types.is_null(raw.type):
        return Converted(pa.nulls(len(raw), field.arrow.type), np.zeros(len(raw), np.uint8))
    if not pa.types.is_union(raw.type):
        return _convert(field, raw, options)
    values, problems = pa.nulls(len(raw), field.arrow.type), np.zeros(len(raw), np.uint8)
    for number in range(raw.type.num_fields):
        part = _convert(field, flat(raw.field(number)), options)
        mine = raw.type_codes.to_numpy() == number
        values = pc.if_else(pa.array(mine), part.values, values)
        problems = np.where(mine, part.problems, problems)
    return Converted(values, problems)


def _convert(field: Field, raw: pa.Array, options: _Options) -> Converted:
    wants_text = field.kind in {Kind.ID, Kind.TOKENISED, Kind.ISPB, Kind.CHOICE}
    wants_number = field.kind in {Kind.AMOUNT, Kind.COUNT}
    text = is_text(raw.type)
    if (wants_text and not text) or (wants_number and not (text or is_number(raw.type))):
        return Converted.all_wrong(raw, field.arrow.type, Reason.WRONG_TYPE)
    if field.kind is Kind.ID:
        return _ids(raw, options)
    if field.kind is Kind.AMOUNT:
        return _amounts(raw, options)
    if field.kind is Kind.CHOICE:
        return _plain(raw).where_not(pc.is_in(raw, pa.array(field.values)), Reason.UNKNOWN_VALUE)
    return _CONVERSIONS[field.kind](raw)


def _plain(raw: pa.Array) -> Converted:
    return Converted(raw, np.zeros(len(raw), np.uint8))


def _matching(raw: pa.Array, pattern: str, reason: Reason) -> Converted:
    return _plain(raw).where_not(pc.match_substring_regex(raw, f"^({pattern})$"), reason)


def _ids(raw: pa.Array, options: _Options) -> Converted:
    pattern = f"{PIX_ID_PATTERN}|{DERIVED_ID_PATTERN}" if options.derived_ids else PIX_ID_PATTERN
    shaped = _matching(raw, pattern, Reason.BAD_END_TO_END_ID)
    _, real = _minutes_in(shaped.values)
    return shaped.where_not(pa.array(real), Reason.BAD_END_TO_END_ID)


def _minutes_in(ids: pa.Array) -> tuple[NDArray[np.datetime64], NDArray[np.bool_]]:
    """Return the minute inside each Pix id as datetime64[m] [rows], and whether it is real (true for other ids)."""
    is_pix = pc.fill_null(pc.starts_with(ids, "E"), False)
    text = pc.if_else(is_pix, ids, pa.scalar("E00000000200001010000" + "0" * 12))
    places = ((9, 13), (13, 15), (15, 17), (17, 19), (19, 21))
    return civil_minutes(*(digits(text, start, stop) for start, stop in places))


def _id_near_time(ids: Converted, times: pa.Array) -> Converted:
    minutes, _ = _minutes_in(ids.values)
    micros = pc.fill_null(pc.cast(times, pa.int64()), 0).to_numpy(zero_copy_only=False)
    apart = np.abs(minutes.astype("datetime64[us]").astype(np.int64) - micros)
    near = apart <= ID_CLOCK_DIFFERENCE.total_seconds() * 1_000_000
    comparable = pc.and_(pc.fill_null(pc.starts_with(ids.values, "E"), False), times.is_valid())
    return ids.where_not(pc.or_(pa.array(near), pc.invert(comparable)), Reason.ID_TIME_MISMATCH)


def _amounts(raw: pa.Array, options: _Options) -> Converted:
    converted = whole(raw)
    least = 0 if options.zero_amounts else 1
    converted = converted.where_not(pc.greater_equal(converted.values, least), Reason.NOT_POSITIVE)
    return converted.where_not(pc.less_equal(converted.values, MAX_AMOUNT_CENTAVOS), Reason.OVERFLOW)


def _counts(raw: pa.Array) -> Converted:
    converted = whole(raw)
    converted = converted.where_not(pc.greater_equal(converted.values, 0), Reason.NEGATIVE)
    converted = converted.where_not(pc.less_equal(converted.values, MAX_COUNT), Reason.OVERFLOW)
    return Converted(pc.cast(converted.values, pa.int32()), converted.problems)


def _flags(raw: pa.Array) -> Converted:
    """Take true and false, 1 and 0, as values or as text in any case."""
    if pa.types.is_boolean(raw.type):
        return _plain(raw)
    if not (is_text(raw.type) or pa.types.is_integer(raw.type)):
        return Converted.all_wrong(raw, pa.bool_(), Reason.WRONG_TYPE)
    text = pc.ascii_lower(pc.cast(raw, pa.string()))
    known = _plain(text).where_not(pc.is_in(text, pa.array(["true", "false", "1", "0"])), Reason.WRONG_TYPE)
    yes = pc.if_else(known.values.is_valid(), pc.is_in(known.values, pa.array(["true", "1"])), None)
    return Converted(yes, known.problems)


_CONVERSIONS: dict[Kind, Callable[[pa.Array], Converted]] = {
    Kind.TIME: instants,
    Kind.COUNT: _counts,
    Kind.FLAG: _flags,
    Kind.TOKENISED: lambda raw: _matching(raw, TOKENISED_PATTERN, Reason.UNTOKENISED),
    Kind.ISPB: lambda raw: _matching(raw, ISPB_PATTERN, Reason.BAD_ISPB),
}
