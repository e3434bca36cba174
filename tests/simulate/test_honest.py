import numpy as np
import pytest

from pixguard.simulate import honest
from pixguard.simulate.randomness import stream
from pixguard.simulate.traffic import Initiation, Purpose
from pixguard.simulate.world import Kind

CHANNELS = [("shopping", honest.shopping, 0.4), *honest.EVERYDAY_CHANNELS]


@pytest.mark.parametrize(("name", "channel", "share"), CHANNELS, ids=[c[0] for c in CHANNELS])
def test_every_channel_gives_payments_inside_the_days(world, name, channel, share):
    paid = channel(world, stream(1, name), 500)
    assert len(paid) == 500
    assert (paid.amount_centavos > 0).all()
    assert ((paid.time_us >= world.calendar.start_us) & (paid.time_us < world.calendar.end_us)).all()
    assert (paid.chain == -1).all()
    assert 0 < share < 1


def test_big_merchants_have_many_payers_and_most_have_few(world):
    paid = honest.shopping(world, stream(1, "shops"), 40_000)
    pairs = np.unique(np.column_stack([paid.payee, paid.payer]), axis=0)
    payers = np.sort(np.unique(pairs[:, 0], return_counts=True)[1])
    assert payers[-1] > 0.2 * len(world.people)
    assert payers[-1] > 5 * np.median(payers)


def test_people_return_to_habitual_merchants(world):
    paid = honest.shopping(world, stream(1, "shops"), 40_000)
    pairs = np.unique(np.column_stack([paid.payer, paid.payee]), axis=0)
    assert len(pairs) < 0.7 * len(paid)


def test_cash_is_paid_out_by_agents_and_has_its_purpose(world):
    paid = honest.cash(world, stream(1, "cash"), 1_000)
    assert set(paid.purpose.tolist()) == {Purpose.WITHDRAWAL, Purpose.CHANGE}
    assert world.gives_cash[paid.payee].all()


def test_house_mates_share_a_household_and_are_somebody_else(world):
    person = np.arange(len(world.people))
    mate = honest.household_mates(world, stream(1, "m"), person)
    home, alone = world.people.household, world.people.household_size[world.people.household] == 1
    assert (mate != person).all()
    assert (home[mate] == home)[~alone].all()


def test_street_sellers_are_people_with_many_payers(world):
    paid = honest.street_sellers(world, stream(1, "s"), 5_000)
    assert (world.kind[paid.payee] == Kind.PERSON).all()
    assert world.people.is_seller[paid.payee].all()


def test_initiations_follow_their_weights():
    drawn = honest.initiations(stream(1, "i"), np.array([0.0, 1.0, 0.0, 0.0, 1.0]), 1_000)
    assert set(drawn.tolist()) == {Initiation.DICT, Initiation.PAYMENT_INITIATOR}
