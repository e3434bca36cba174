from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixguard.simulate.randomness import stream
from pixguard.simulate.rhythm import DAY_US, EVERYDAY, HOUR_US, NIGHT, OFFICE, PAYROLL, SHOPPING, Calendar, local_hour

RHYTHMS = (EVERYDAY, SHOPPING, OFFICE, NIGHT, PAYROLL)


@given(start=st.dates(date(2020, 11, 16), date(2031, 1, 1)), days=st.integers(2, 400))
def test_days_are_those_of_the_calendar(start, days):
    calendar = Calendar(start, days)
    wanted = [start + timedelta(n) for n in range(days)]
    assert calendar.weekdays.tolist() == [d.weekday() for d in wanted]
    assert calendar.month_days.tolist() == [d.day for d in wanted]
    assert calendar.months.tolist() == [(d.year - start.year) * 12 + d.month - start.month for d in wanted]


@given(moment=st.datetimes(datetime(2020, 11, 16), datetime(2026, 12, 31)).map(lambda d: d.replace(tzinfo=UTC)))
def test_the_local_hour_is_that_of_sao_paulo(moment):
    time_us = np.array([int(moment.timestamp()) * 1_000_000])
    assert local_hour(time_us)[0] == moment.astimezone(ZoneInfo("America/Sao_Paulo")).hour


def test_the_simulation_begins_at_local_midnight():
    start = datetime.fromtimestamp(Calendar(date(2026, 3, 2), 5).start_us / 1e6, tz=UTC)
    assert start.isoformat() == "2026-03-02T03:00:00+00:00"


@pytest.mark.parametrize("rhythm", RHYTHMS)
def test_times_stay_on_their_day_for_every_shift(rhythm):
    calendar, rng = Calendar(date(2026, 3, 2), 30), stream(1, "rhythm")
    day = np.repeat(np.arange(30), 100)
    time_us = rhythm.on_days(rng, calendar, day, (rng.normal(0, 6, len(day)) * HOUR_US).astype(np.int64))
    assert ((time_us - calendar.start_us) // DAY_US == day).all()


def test_nights_weekends_and_pay_days_show():
    calendar, rng = Calendar(date(2026, 3, 2), 56), stream(1, "rhythm")
    everyday = local_hour(EVERYDAY.sample(rng, calendar, 20_000))
    assert (everyday < 6).mean() < 0.1
    assert (local_hour(NIGHT.sample(rng, calendar, 20_000)) < 6).mean() > 0.2
    office = (OFFICE.sample(rng, calendar, 20_000) - calendar.start_us) // DAY_US
    assert (calendar.weekdays[office] >= 5).mean() < 0.1
    first_week = calendar.month_days[office] <= 7
    assert first_week.mean() > (calendar.month_days <= 7).mean()
