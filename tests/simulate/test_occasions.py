import numpy as np
import pytest

from pixguard.simulate import honest, occasions
from pixguard.simulate.randomness import stream
from pixguard.simulate.rhythm import DAY_US, HOUR_US


@pytest.mark.parametrize(("name", "occasion", "share"), occasions.OCCASIONS, ids=[o[0] for o in occasions.OCCASIONS])
def test_occasions_give_about_as_many_payments_as_asked(world, name, occasion, share):
    paid = occasion(world, stream(1, name), 2_000)
    assert 1_000 < len(paid) < 4_000
    assert (paid.amount_centavos > 0).all()


def test_parties_fill_one_person_s_account_within_days(world):
    paid = occasions.parties(world, stream(1, "p"), 3_000)
    payees, fan_in = np.unique(paid.payee, return_counts=True)
    host = payees[fan_in.argmax()]
    assert fan_in.max() >= 8
    span = np.ptp(paid.time_us[paid.payee == host])
    assert span < 60 * DAY_US
    assert (paid.payer == host).any()


def test_errands_are_bursts_of_one_person(world):
    paid = occasions.errands(world, stream(1, "e"), 2_000)
    order = np.lexsort((paid.time_us, paid.payer))
    same = np.diff(paid.payer[order]) == 0
    gaps = np.diff(paid.time_us[order])[same]
    assert np.median(gaps) < HOUR_US


def test_most_mistakes_come_back_in_full(world):
    paid = occasions.mistakes(world, stream(1, "m"), 2_000)
    there = {(a, b, c) for a, b, c in zip(paid.payer, paid.payee, paid.amount_centavos, strict=True)}
    returned = sum((b, a, c) in there for a, b, c in there)
    assert returned / 2 > 0.7 * 1_000


def test_what_is_passed_on_leaves_within_minutes_and_never_more_than_came(world):
    received = honest.people_i_know(world, stream(1, "k"), 2_000)
    passed = occasions.passed_on(world, stream(1, "o"), received)
    assert (passed.payer == received.payee).all()
    assert (passed.amount_centavos <= np.maximum(received.amount_centavos, 1_00)).all()
    assert np.median(passed.time_us - received.time_us) < HOUR_US


def test_sellers_sweep_at_most_the_day_s_takings_after_the_last_sale(world):
    sales = honest.street_sellers(world, stream(1, "s"), 5_000)
    swept = occasions.till_sweeps(world, stream(1, "t"), sales)
    assert len(swept) > 50
    assert np.isin(swept.payer, sales.payee).all()
    assert swept.amount_centavos.sum() < sales.amount_centavos.sum()


def test_delays_are_at_most_three_days():
    drawn = occasions.delays_us(stream(1, "d"), 30, 4.0, 5_000)
    assert drawn.min() >= 0
    assert drawn.max() == 3 * DAY_US
