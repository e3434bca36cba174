"""When people pay: days of the month and the week, hours of the day, in Brasília time, stored in UTC.

Brazil has had no daylight-saving time since 2019 (decree 9.772/2019), and Pix is younger than that: UTC-3 all year.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from pixguard.simulate.randomness import Floats, Ints, choose

SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US
HOUR_US = 60 * MINUTE_US
DAY_US = 24 * HOUR_US
BRASILIA_OFFSET_US = -3 * HOUR_US


@dataclass(frozen=True)
class Calendar:
    """The local days of a simulation; day 0 begins at midnight in Brasília."""

    start_date: date
    days: int

    @property
    def start_us(self) -> int:
        """The first moment, UTC microseconds."""
        return (self.start_date - date(1970, 1, 1)).days * DAY_US - BRASILIA_OFFSET_US

    @property
    def end_us(self) -> int:
        """The first moment after the last day, UTC microseconds."""
        return self.start_us + self.days * DAY_US

    @property
    def weekdays(self) -> Ints:
        """Weekday of each day, Monday 0."""
        return np.asarray((np.arange(self.days) + self.start_date.weekday()) % 7, dtype=np.int64)

    @property
    def month_days(self) -> Ints:
        """Day of the month of each day, from 1."""
        days = np.datetime64(self.start_date) + np.arange(self.days)
        since_first = (days - days.astype("datetime64[M]")).astype(np.int64)
        return np.asarray(since_first + 1, dtype=np.int64)

    @property
    def months(self) -> Ints:
        """Number of the month of each day, 0 for the first month seen."""
        months = (np.datetime64(self.start_date) + np.arange(self.days)).astype("datetime64[M]").astype(np.int64)
        return np.asarray(months - months[0], dtype=np.int64)


def local_hour(time_us: Ints) -> Ints:
    """Return the hour of the day in Brasília, 0 to 23."""
    return (time_us + BRASILIA_OFFSET_US) // HOUR_US % 24


@dataclass(frozen=True)
class Rhythm:
    """Relative intensity by hour (workdays, weekends), by weekday, and around pay days."""

    hours: tuple[float, ...]
    weekend_hours: tuple[float, ...]
    weekdays: tuple[float, ...] = (1.0, 0.97, 0.98, 1.0, 1.15, 1.05, 0.85)
    pay_day_lift: float = 0.35

    def day_weights(self, calendar: Calendar) -> Floats:
        """Return the relative intensity of each day: more money moves after the pay days (1 to 7, 20 and 21)."""
        month_day = calendar.month_days
        paid = (month_day <= 7) | ((month_day >= 20) & (month_day <= 21))
        return np.asarray(np.asarray(self.weekdays)[calendar.weekdays] * (1 + self.pay_day_lift * paid))

    def time_of_day_us(self, rng: np.random.Generator, weekday: Ints) -> Ints:
        """Return microseconds since local midnight for payments made on the given weekdays."""
        u, weekend = rng.random(len(weekday)), weekday >= 5
        edges = np.arange(25) * HOUR_US
        workday_us, weekend_us = (
            np.interp(u, np.concatenate([[0.0], np.cumsum(h) / np.sum(h)]), edges)
            for h in (self.hours, self.weekend_hours)
        )
        return np.minimum(np.where(weekend, weekend_us, workday_us).astype(np.int64), DAY_US - 1)

    def sample(self, rng: np.random.Generator, calendar: Calendar, size: int, shift_us: Ints | int = 0) -> Ints:
        """Return `size` times, UTC microseconds; `shift_us` moves them within their day (late and early risers)."""
        return self.on_days(rng, calendar, choose(rng, self.day_weights(calendar), size), shift_us)

    def on_days(self, rng: np.random.Generator, calendar: Calendar, day: Ints, shift_us: Ints | int = 0) -> Ints:
        """Return one time on each of the given days of the calendar, UTC microseconds."""
        since_midnight = (self.time_of_day_us(rng, calendar.weekdays[day]) + shift_us) % DAY_US
        return calendar.start_us + day * DAY_US + since_midnight


_AWAKE = (1.2, 0.6, 0.4, 0.3, 0.3, 0.6, 1.8, 3.2, 4.4, 5.2, 5.8, 6.4, 7.0, 6.2, 5.6, 5.4, 5.6, 6.2, 6.8, 6.4, 5.4, 4.4,
          3.2, 2.2)  # fmt: skip
_AWAKE_LATE = (2.6, 1.8, 1.2, 0.8, 0.5, 0.4, 0.8, 1.8, 3.2, 4.8, 6.0, 6.6, 6.8, 6.0, 5.2, 4.8, 4.9, 5.3, 5.9, 6.2, 6.0,
               5.2, 4.4, 3.4)  # fmt: skip
_OFFICE = (0.1, 0.05, 0.05, 0.05, 0.05, 0.2, 0.6, 2.0, 5.0, 9.0, 10.0, 9.5, 6.5, 7.5, 9.0, 9.0, 8.0, 6.0, 3.0, 1.6, 0.9,
           0.6, 0.4, 0.2)  # fmt: skip
_SHOPS = (0.4, 0.2, 0.1, 0.1, 0.1, 0.4, 1.6, 3.2, 4.6, 5.8, 6.6, 7.8, 8.6, 6.8, 6.0, 6.0, 6.6, 7.8, 8.2, 7.2, 5.2, 3.4,
          1.8, 0.9)  # fmt: skip
_NIGHT = (7.0, 5.5, 4.5, 3.0, 1.8, 1.0, 0.6, 0.5, 0.6, 0.8, 0.9, 1.0, 1.1, 1.1, 1.1, 1.2, 1.4, 1.9, 3.0, 5.0, 7.0, 8.0,
          8.5, 8.0)  # fmt: skip
_EARLY = (0.3, 0.2, 0.2, 0.5, 1.5, 6.0, 14.0, 16.0, 12.0, 9.0, 7.0, 5.0, 4.0, 3.5, 3.0, 3.0, 3.0, 2.5, 1.5, 1.0, 0.5,
          0.4, 0.3, 0.3)  # fmt: skip

EVERYDAY = Rhythm(_AWAKE, _AWAKE_LATE)
SHOPPING = Rhythm(_SHOPS, _AWAKE_LATE, (0.9, 0.9, 0.95, 1.0, 1.25, 1.35, 1.0))
OFFICE = Rhythm(_OFFICE, _OFFICE, (1.05, 1.0, 1.0, 1.0, 1.05, 0.25, 0.1))
NIGHT = Rhythm(_NIGHT, _NIGHT, (0.8, 0.8, 0.85, 0.95, 1.3, 1.4, 1.1))
PAYROLL = Rhythm(_EARLY, _EARLY, (1.0, 1.0, 1.0, 1.0, 1.0, 0.3, 0.2))
