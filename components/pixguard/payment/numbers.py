"""Exact whole numbers out of whatever a table holds: integers, floats, decimals, or decimal text.

Money never passes through binary fractions: a float counts as its shortest decimal text (what was written before it was
read), so R$ 0.29 is 29 centavos. `whole` converts a column, `whole_one` a single value; both follow the same rules.
"""

import re
from decimal import ROUND_HALF_EVEN, Context, Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pixguard.payment.columns import Converted, Int64s, code
from pixguard.payment.reasons import Reason

LIMIT = 9 * 10**15
"""Below 2^53: a whole number up to here is exact as a float too, so every input type overflows at the same value."""

_PLAIN = r"^[+-]?[0-9]{1,18}(\.[0-9]{1,9})?$"
_ANY = re.compile(r"[+-]?[0-9]{1,40}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,3})?")
_NOT_FINITE = re.compile(r"[+-]?(nan|inf|infinity)", re.IGNORECASE)
_CONTEXT = Context(prec=120, rounding=ROUND_HALF_EVEN)


def whole(raw: pa.Array, *, digits: int = 0, round_half_even: bool = False) -> Converted:
    """Return `raw` times 10^digits as int64.

    A remaining fraction is the problem FRACTIONAL, unless `round_half_even` says to round it. Nulls stay null without a
    problem. The caller has made sure that `raw` is numeric or text; `digits` is 6 at most.
    """
    if pa.types.is_integer(raw.type):
        return _from_integers(raw, digits)
    if pa.types.is_floating(raw.type):
        return _from_floats(raw, digits, round_half_even)
    return _from_text(pc.cast(raw, pa.string()), digits, round_half_even)


def whole_one(value: str | int | float | Decimal, *, digits: int = 0, round_half_even: bool = False) -> int | Reason:
    """Return one value times 10^digits as an int, or the reason why that cannot be."""
    if isinstance(value, int):
        return value * 10**digits if abs(value) <= LIMIT // 10**digits else Reason.OVERFLOW
    text = repr(value) if isinstance(value, float) else str(value)
    if not _ANY.fullmatch(text):
        return Reason.NOT_A_NUMBER if _NOT_FINITE.fullmatch(text) else Reason.WRONG_TYPE
    scaled = _CONTEXT.scaleb(Decimal(text), digits)
    if abs(scaled) > LIMIT:
        return Reason.OVERFLOW
    rounded = _CONTEXT.to_integral_value(scaled)
    if rounded != scaled and not round_half_even:
        return Reason.FRACTIONAL
    return int(rounded)


def _from_integers(raw: pa.Array, digits: int) -> Converted:
    limit = LIMIT // 10**digits
    # unsigned 64-bit values beyond int64 wrap to negatives below -limit or stay above it only by luck: compare first
    large = pc.fill_null(pc.greater(raw, pa.scalar(min(limit, _top(raw.type)), raw.type)), False)
    values = pc.fill_null(pc.cast(raw, pa.int64(), safe=False), 0).to_numpy(zero_copy_only=False)
    over = large.to_numpy(zero_copy_only=False) | (values < -limit)
    return Converted.of(np.where(over, 0, values) * 10**digits, np.where(over, code(Reason.OVERFLOW), 0), raw)


def _top(kind: pa.DataType) -> int:
    signed = pa.types.is_signed_integer(kind)
    return int(2 ** (kind.bit_width - signed) - 1)


def _from_floats(raw: pa.Array, digits: int, round_half_even: bool) -> Converted:
    scale = 10.0**digits
    values = pc.fill_null(pc.cast(raw, pa.float64()), 0.0).to_numpy(zero_copy_only=False)
    finite = np.isfinite(values)
    small = finite & (np.abs(np.where(finite, values, 0.0)) <= LIMIT / scale)
    safe = np.where(small, values, 0.0)
    near = np.rint(safe * scale)
    exact = near / scale == safe  # true division rounds correctly: equal means `safe` is the float of that decimal
    problems = np.where(~finite, code(Reason.NOT_A_NUMBER), np.where(~small, code(Reason.OVERFLOW), 0))
    result = near.astype(np.int64)
    for at in np.flatnonzero(~exact):  # not so many decimals: the few such values go by their text
        _put(whole_one(float(safe[at]), digits=digits, round_half_even=round_half_even), at, result, problems)
    return Converted.of(result, problems, raw)


def _from_text(raw: pa.Array, digits: int, round_half_even: bool) -> Converted:
    plain = pc.fill_null(pc.match_substring_regex(raw, _PLAIN), False)
    decimals = pc.cast(pc.if_else(plain, raw, pa.scalar("0")), pa.decimal128(28, 9))
    scaled = pc.multiply(decimals, pa.scalar(Decimal(10**digits), pa.decimal128(7, 0)))
    rounded = pc.round(scaled, ndigits=0, round_mode="half_to_even")
    over = pc.greater(pc.abs(scaled), pa.scalar(Decimal(LIMIT), pa.decimal128(17, 0))).to_numpy(zero_copy_only=False)
    fraction = pc.not_equal(rounded, scaled).to_numpy(zero_copy_only=False)
    zero = pa.scalar(0, pa.int64())
    result = pc.if_else(pa.array(over), zero, pc.cast(pc.if_else(pa.array(over), None, rounded), pa.int64()))
    values = result.to_numpy(zero_copy_only=False).copy()
    problems = np.where(
        over, code(Reason.OVERFLOW), np.where(fraction & (not round_half_even), code(Reason.FRACTIONAL), 0)
    )
    odd = np.flatnonzero(~plain.to_numpy(zero_copy_only=False) & raw.is_valid().to_numpy(zero_copy_only=False))
    for at in odd:
        _put(whole_one(raw[int(at)].as_py(), digits=digits, round_half_even=round_half_even), at, values, problems)
    return Converted.of(values, problems, raw)


def _put(found: int | Reason, at: np.intp, values: Int64s, problems: Int64s) -> None:
    if isinstance(found, Reason):
        problems[at] = code(found)
    else:
        values[at] = found
