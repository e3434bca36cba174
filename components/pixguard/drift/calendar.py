"""What kind of day it is in Brazil: people pay otherwise at weekends, after pay days and around feasts.

Source of the pay days: salaries are due by the fifth business day (CLT art. 459), advances are usual on the 20th, the
13th salary by 30 November and 20 December (Lei 4.749/1965). Feasts: national holidays (Lei 662/1949, 6.802/1980,
14.759/2023) and the days of heavy trade.
"""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum

_HOLIDAYS = {(1, 1), (4, 21), (5, 1), (9, 7), (10, 12), (11, 2), (11, 15), (11, 20), (12, 25)}
_CHRISTMAS_FROM, _CHRISTMAS_TO = (12, 10), (1, 3)
_ADVANCES = (20, 21)


class DayKind(StrEnum):
    """Days of one kind are compared with one another."""

    WORKING = "working"
    WEEKEND = "weekend"  # and national holidays
    PAYDAY = "payday"
    FESTIVE = "festive"


def kind_of(day: date) -> DayKind:
    """Return the kind of a day; of several that apply the rarest."""
    if is_festive(day):
        return DayKind.FESTIVE
    if not is_business(day):
        return DayKind.WEEKEND
    return DayKind.PAYDAY if day.day in _ADVANCES or _is_after_salary(day) else DayKind.WORKING


def is_business(day: date) -> bool:
    """Tell whether banks work."""
    easter = easter_of(day.year)
    moving = {easter - timedelta(days=n) for n in (48, 47, 2)} | {easter + timedelta(days=60)}  # carnival, Good Friday
    return day.weekday() < 5 and (day.month, day.day) not in _HOLIDAYS and day not in moving


def is_festive(day: date) -> bool:
    """Tell whether a day is one of heavy trade or of feasts: Christmas, Black Friday, Carnival, the days of gifts."""
    if (day.month, day.day) >= _CHRISTMAS_FROM or (day.month, day.day) <= _CHRISTMAS_TO:
        return True
    easter = easter_of(day.year)
    carnival = timedelta(days=-50) <= day - easter <= timedelta(days=-46)
    gifts = (
        _nth_weekday(day.year, 5, 6, 2),
        date(day.year, 6, 12),
        _nth_weekday(day.year, 8, 6, 2),
        date(day.year, 10, 12),
    )
    thanksgiving = _nth_weekday(day.year, 11, 3, 4)
    black = timedelta(days=-1) <= day - thanksgiving <= timedelta(days=4)
    return carnival or black or any(timedelta(days=-2) <= day - gift <= timedelta(0) for gift in gifts)


def easter_of(year: int) -> date:
    """Return Easter Sunday of the Gregorian calendar (Meeus, Jones and Butcher)."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1)


def _is_after_salary(day: date) -> bool:
    """Tell whether a business day is the fifth of its month, or one of the two before or after it."""
    first = day.replace(day=1)
    return 3 <= sum(is_business(first + timedelta(days=n)) for n in range(day.day)) <= 7


def _nth_weekday(year: int, month: int, weekday: int, nth: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))
