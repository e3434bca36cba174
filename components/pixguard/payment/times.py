"""Instants in UTC out of ISO 8601 text and Arrow timestamps, with a stated policy for local times.

A time without an offset is refused unless a zone is stated. In a zone with daylight saving, a local time that never was
(the gap) is always refused, and one that was twice (the fold) is refused unless the earlier or later one is asked for.
`instants` converts a column, `instant_one` a single value; both follow the same rules.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pixguard.payment.columns import Converted, code, flat, is_text
from pixguard.payment.reasons import Reason
from pixguard.payment.schema import EARLIEST_TIME, LATEST_TIME

Fold = Literal["earliest", "latest"]
INSTANT = pa.timestamp("us", tz="UTC")
_LOCAL = (
    r"([0-9]{4})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])[T ]"
    r"([01][0-9]|2[0-3]):([0-5][0-9])(:([0-5][0-9])(\.[0-9]{1,9})?)?"
)
_OFFSET = r"(Z|[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?)"
_ISO = re.compile(_LOCAL + _OFFSET + "?")


def instants(raw: pa.Array, *, zone: str | None = None, fold: Fold | None = None) -> Converted:
    """Return a text or timestamp array as timestamp[us, UTC]; digits below a microsecond are cut off.

    `zone` is the IANA name of the zone of times without an offset; without it they are the problem NAIVE_TIME.
    """
    if is_text(raw.type):
        converted = _from_text(raw, zone, fold)
    elif pa.types.is_timestamp(raw.type):
        converted = _from_timestamps(raw, zone, fold)
    else:
        return Converted.all_wrong(raw, INSTANT, Reason.WRONG_TYPE)
    values = converted.values
    within = pc.and_(pc.greater_equal(values, _scalar(EARLIEST_TIME)), pc.less(values, _scalar(LATEST_TIME)))
    return converted.where_not(within, Reason.TIME_OUT_OF_RANGE)


def instant_one(value: str | datetime, *, zone: str | None = None, fold: Fold | None = None) -> datetime | Reason:
    """Return one time as a datetime in UTC, or the reason why that cannot be."""
    local = _parse(value) if isinstance(value, str) else value
    if local is None:
        return Reason.UNPARSABLE_TIME
    if local.tzinfo is None:
        found = _localise_one(local, zone, fold)
        if isinstance(found, Reason):
            return found
        local = found
    try:
        instant = local.astimezone(UTC)
    except OverflowError:
        return Reason.TIME_OUT_OF_RANGE
    return instant if EARLIEST_TIME <= instant < LATEST_TIME else Reason.TIME_OUT_OF_RANGE


def civil_minutes(
    year: NDArray[Any], month: NDArray[Any], day: NDArray[Any], hour: NDArray[Any], minute: NDArray[Any]
) -> tuple[NDArray[np.datetime64], NDArray[np.bool_]]:
    """Return datetime64[m] of calendar parts, int64 [rows] each, and whether each is a real date and time."""
    months = ((year - 1970) * 12 + month - 1).astype("datetime64[M]")
    days = months.astype("datetime64[D]") + (day - 1).astype("timedelta64[D]")
    minutes = days.astype("datetime64[m]") + (hour * 60 + minute).astype("timedelta64[m]")
    right = (month >= 1) & (month <= 12) & (day >= 1) & (days.astype("datetime64[M]") == months)
    return minutes, right & (hour <= 23) & (minute <= 59)


def digits(text: pa.Array, start: int, stop: int) -> NDArray[np.int64]:
    """Return the digits at fixed places of a text array, int64 [rows]; the caller has matched them and filled nulls."""
    part = pc.binary_slice(pc.cast(text, pa.binary()), start, stop)  # 9 times faster than slicing code units
    return np.asarray(pc.cast(pc.cast(part, pa.string()), pa.int64()).to_numpy(zero_copy_only=False))


def _scalar(instant: datetime) -> pa.Scalar:
    return pa.scalar(instant, INSTANT)


def _from_text(raw: pa.Array, zone: str | None, fold: Fold | None) -> Converted:
    shaped = pc.fill_null(pc.match_substring_regex(raw, f"^{_LOCAL}{_OFFSET}?$"), False)
    text = pc.if_else(shaped, raw, pa.scalar("2000-01-01T00:00Z"))
    zeros = np.zeros(len(raw), np.int64)
    _, real = civil_minutes(digits(text, 0, 4), digits(text, 5, 7), digits(text, 8, 10), zeros, zeros)
    year = digits(text, 0, 4)
    near = (year >= EARLIEST_TIME.year - 1) & (year <= LATEST_TIME.year)  # within nanosecond reach, for the casts below
    usable = shaped.to_numpy(zero_copy_only=False) & real
    problems = np.where(usable, np.where(near, 0, code(Reason.TIME_OUT_OF_RANGE)), code(Reason.UNPARSABLE_TIME))
    usable &= near
    aware = pc.match_substring_regex(text, f"{_OFFSET}$").to_numpy(zero_copy_only=False)
    with_offset = pc.cast(_only(text, usable & aware), pa.timestamp("ns", tz="UTC"))
    without = pc.cast(_only(text, usable & ~aware), pa.timestamp("ns"))
    local = _localise(pc.cast(without, pa.timestamp("us"), safe=False), zone, fold)
    values = pc.coalesce(pc.cast(with_offset, INSTANT, safe=False), local.values)
    present = raw.is_valid().to_numpy(zero_copy_only=False)
    problems = np.where(present, np.where(problems != 0, problems, local.problems), 0).astype(np.uint8)
    return Converted(pc.if_else(pa.array(problems != 0), None, values), problems)


def _only(values: pa.Array, rows: NDArray[np.bool_]) -> pa.Array:
    return pc.if_else(pa.array(rows), values, None)


def _from_timestamps(raw: pa.Array, zone: str | None, fold: Fold | None) -> Converted:
    if raw.type.tz is None:
        return _localise(pc.cast(raw, pa.timestamp("us"), safe=False), zone, fold)
    values = pc.cast(raw, INSTANT, safe=False)
    return Converted(values, np.zeros(len(raw), np.uint8))


def _localise(local: pa.Array, zone: str | None, fold: Fold | None) -> Converted:
    """Give a zone to naive timestamp[us]."""
    if zone is None:
        return Converted.all_wrong(local, INSTANT, Reason.NAIVE_TIME)
    first = pc.assume_timezone(local, zone, ambiguous="earliest", nonexistent="earliest")
    last = pc.assume_timezone(local, zone, ambiguous="latest", nonexistent="latest")
    chosen = last if fold == "latest" else first
    converted = Converted(flat(pc.cast(chosen, INSTANT)), np.zeros(len(local), np.uint8))
    # outside of gaps, the instant shown in its zone is the local time again
    converted = converted.where_not(pc.equal(pc.local_timestamp(chosen), local), Reason.NONEXISTENT_TIME)
    if fold is None:
        converted = converted.where_not(pc.equal(first, last), Reason.AMBIGUOUS_TIME)
    return converted


def _parse(text: str) -> datetime | None:
    match = _ISO.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, _, second, fraction, offset, *_ = match.groups()
    microsecond = int(fraction[1:7].ljust(6, "0")) if fraction else 0
    try:
        return datetime(
            *(int(year), int(month), int(day), int(hour), int(minute), int(second or 0), microsecond), _zone(offset)
        )
    except ValueError:  # a day that its month does not have
        return None


def _zone(offset: str | None) -> Any:
    if offset is None:
        return None
    return datetime.fromisoformat(f"2000-01-01T00:00:00{offset}").tzinfo


def _localise_one(local: datetime, zone: str | None, fold: Fold | None) -> datetime | Reason:
    if zone is None:
        return Reason.NAIVE_TIME
    place = ZoneInfo(zone)
    first, last = (local.replace(tzinfo=place, fold=side) for side in (0, 1))
    chosen = last if fold == "latest" else first
    if chosen.astimezone(UTC).astimezone(place).replace(tzinfo=None) != local.replace(fold=0):
        return Reason.NONEXISTENT_TIME
    if fold is None and first.utcoffset() != last.utcoffset():
        return Reason.AMBIGUOUS_TIME
    return chosen


def microseconds(instant: datetime) -> int:
    """Return a datetime as whole microseconds since 1970 in UTC."""
    return (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
