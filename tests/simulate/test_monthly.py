from datetime import date

import numpy as np

from pixguard.simulate import monthly
from pixguard.simulate.randomness import stream
from pixguard.simulate.rhythm import DAY_US, Calendar
from pixguard.simulate.world import Kind


def month_day(world, paid):
    return world.calendar.month_days[(paid.time_us - world.calendar.start_us) // DAY_US]


def test_each_month_gives_its_day_once():
    calendar = Calendar(date(2026, 1, 30), 40)  # until March 10: February has no day 30
    row, day = monthly.monthly_days(calendar, np.array([5, 30]))
    assert [(int(r), int(calendar.month_days[d])) for r, d in zip(row, day, strict=True)] == [(1, 30), (0, 5), (0, 5)]


def test_salaries_come_from_employers_on_days_1_to_5_and_20(world):
    paid = monthly.salaries(world, stream(1, "salaries"))
    assert set(month_day(world, paid).tolist()) == {1, 2, 3, 4, 5, 20}
    assert (world.kind[paid.payer] == Kind.EMPLOYER).all()
    assert (world.people.employer[paid.payee] == paid.payer).all()


def test_salaries_move_to_own_accounts_often_within_the_hour(world):
    paid = monthly.salaries(world, stream(1, "salaries"))
    moved = monthly.salary_moves(world, stream(1, "moves"), paid)
    assert (moved.payee == world.people.own_account[moved.payer]).all()
    assert 0.05 < len(moved) / len(paid) < 0.3


def test_rents_are_due_from_day_5_to_10_and_shares_come_before(world):
    paid = monthly.rents(world, stream(1, "rents"))
    to_landlord = world.people.landlord[paid.payer] == paid.payee
    assert set(month_day(world, paid)[to_landlord].tolist()) <= set(range(5, 11))
    assert 0.15 < (~to_landlord).mean() < 0.4


def test_bills_repeat_with_the_same_biller(world):
    paid = monthly.bills(world, stream(1, "bills"))
    assert (world.kind[paid.payee] == Kind.BILLER).all()
    _, times = np.unique(np.column_stack([paid.payer, paid.payee]), axis=0, return_counts=True)
    assert (times >= 2).mean() > 0.5
