"""What comes every month: salaries, what people do with them at once, rents shared and paid, and bills."""

from __future__ import annotations

import numpy as np

from pixguard.simulate import amounts
from pixguard.simulate.honest import TYPED, household_mates, initiations
from pixguard.simulate.randomness import Floats, Ints, chance, choose
from pixguard.simulate.rhythm import DAY_US, HOUR_US, MINUTE_US, OFFICE, PAYROLL, Calendar
from pixguard.simulate.traffic import NO_DEVICE, Initiation, Traffic, concatenate, traffic
from pixguard.simulate.world import Kind, World

_ADVANCE_DAY = 20


def monthly_days(calendar: Calendar, month_day: Ints) -> tuple[Ints, Ints]:
    """Return (row, day) for each month in which row's day of the month is part of the calendar."""
    months = int(calendar.months[-1]) + 1
    day_of = np.full((months, 32), -1, dtype=np.int64)
    day_of[calendar.months, calendar.month_days] = np.arange(calendar.days)
    days = day_of[:, month_day]  # [months, rows]
    month, row = np.nonzero(days >= 0)
    return row, days[month, row]


def salaries(world: World, rng: np.random.Generator) -> Traffic:
    """Salaries on one of the days 1 to 5, chosen by the employer; two of five pay a part in advance on day 20."""
    people, employers = world.people, world.of_kind(Kind.EMPLOYER)
    first = employers[0]
    pay_day, advances = 1 + rng.integers(0, 5, len(employers)), chance(rng, 0.4, len(employers))
    staff = np.flatnonzero(people.employer >= 0)
    of = people.employer[staff] - first
    paid = _payroll(world, rng, staff, pay_day[of], np.where(advances[of], 0.6, 1.0))
    early = staff[advances[of]]
    advance = _payroll(world, rng, early, np.full(len(early), _ADVANCE_DAY), np.full(len(early), 0.4))
    return concatenate([paid, advance])


def _payroll(world: World, rng: np.random.Generator, staff: Ints, month_day: Ints, share: Floats) -> Traffic:
    row, day = monthly_days(world.calendar, month_day)
    payee, payer = staff[row], world.people.employer[staff[row]]
    # A company's batch starts at one moment of its day and takes minutes.
    moments = PAYROLL.time_of_day_us(rng, np.zeros(int(world.kind.size), dtype=np.int64))
    since_midnight = moments[payer] + (rng.exponential(9, len(row)) * MINUTE_US).astype(np.int64)
    time_us = world.calendar.start_us + day * DAY_US + since_midnight % DAY_US
    amount = amounts.lognormal(rng, world.people.income_reais[payee] * share[row], 0.03, len(row))
    how = initiations(rng, np.array([0.55, 0.45, 0.0, 0.0, 0.0]), len(row))
    return traffic(time_us, amount, payer, payee, how, device=NO_DEVICE)


def salary_moves(world: World, rng: np.random.Generator, paid: Traffic) -> Traffic:
    """Moves of most of a salary to one's own account elsewhere, many of them within minutes (portability)."""
    own = world.people.own_account[paid.payee]
    moved = paid.take((own >= 0) & chance(rng, 0.6, len(paid)))
    delay = rng.lognormal(np.log(25), 1.7, len(moved)) * MINUTE_US
    amount = (moved.amount_centavos * rng.uniform(0.55, 1.0, len(moved))).astype(np.int64)
    time_us = moved.time_us + np.minimum(delay, 3 * DAY_US).astype(np.int64)
    payee = world.people.own_account[moved.payee]
    how = initiations(rng, TYPED, len(moved))
    return traffic(time_us, np.maximum(1, amounts.rounded(rng, amount, 0.4)), moved.payee, payee, how)


def rents(world: World, rng: np.random.Generator) -> Traffic:
    """Rents between day 5 and 10 to people who let; one of three tenants first gets a share from a house mate."""
    people = world.people
    tenants = np.flatnonzero((people.landlord >= 0) & (people.landlord != np.arange(len(people))))
    row, day = monthly_days(world.calendar, rng.integers(5, 11, len(tenants)))
    tenant = tenants[row]
    rent = amounts.rounded(rng, amounts.lognormal(rng, people.income_reais[tenants] * 0.27, 0.2, len(tenants)), 0.9)
    time_us = OFFICE.on_days(rng, world.calendar, day, people.shift_us[tenant] // 4)
    paid = traffic(time_us, rent[row], tenant, people.landlord[tenant], initiations(rng, TYPED, len(row)))
    return concatenate([paid, _shares(world, rng, paid.take(chance(rng, 0.35, len(paid))))])


def _shares(world: World, rng: np.random.Generator, rent: Traffic) -> Traffic:
    """What house mates send the tenant for the rent, minutes to hours before it is paid."""
    delay = (rng.lognormal(np.log(40), 1.5, len(rent)) * MINUTE_US).astype(np.int64)
    share = np.maximum(1_00, (rent.amount_centavos * rng.choice([0.33, 0.5, 0.6, 1.0], len(rent))).astype(np.int64))
    time_us = rent.time_us - np.minimum(delay, DAY_US)
    mate = household_mates(world, rng, rent.payer)
    return traffic(time_us, share, mate, rent.payer, initiations(rng, TYPED, len(rent)))


def bills(world: World, rng: np.random.Generator) -> Traffic:
    """Power, water, telephone, school: the same billers every month, around the due date, by dynamic QR code."""
    people, billers = len(world.people), world.of_kind(Kind.BILLER)
    who = np.repeat(np.arange(people), choose(rng, np.array([0.35, 0.3, 0.2, 0.1, 0.05]), people))
    biller = billers[(world.region[who] * 3 + rng.integers(0, 5, len(who))) % len(billers)]
    usual = amounts.lognormal(rng, 105.0, 0.6, len(who))
    row, day = monthly_days(world.calendar, 1 + rng.integers(0, 28, len(who)))
    day = np.clip(day + rng.integers(-3, 2, len(row)), 0, world.calendar.days - 1)
    time_us = OFFICE.on_days(rng, world.calendar, day, 2 * HOUR_US + world.people.shift_us[who[row]])
    amount = np.maximum(1, (usual[row] * rng.normal(1, 0.12, len(row)).clip(0.5, 1.6)).astype(np.int64))
    how = np.where(chance(rng, 0.9, len(row)), Initiation.DYNAMIC_QRCODE, Initiation.DICT).astype(np.int8)
    return traffic(time_us, amount, who[row], biller[row], how)
