import numpy as np
import pytest

from pixguard.simulate.config import SimulationConfig, Story
from pixguard.simulate.economy import honest_payments, possible
from pixguard.simulate.rhythm import local_hour
from pixguard.simulate.world import Kind, create_world


@pytest.mark.parametrize("count", [1, 999, 20_000])
def test_the_number_of_payments_is_exact(config, world, count):
    assert len(honest_payments(config, world, count)) == count


def test_many_people_and_few_payments_still_fit():
    config = SimulationConfig(payments=2_000, days=90, people=3_000)
    assert len(honest_payments(config, create_world(config), 2_000)) == 2_000


def test_all_are_possible_and_honest(world, honest):
    assert len(possible(world, honest)) == len(honest)
    assert (honest.story == Story.HONEST).all()
    assert (honest.amount_centavos > 0).all()


def test_histories_matter(config, world, honest):
    by_people = honest.payer < len(world.people)
    rate = by_people.sum() / config.days / len(world.people)
    assert 0.4 < rate < 2
    pairs = np.unique(np.column_stack([honest.payer, honest.payee]), axis=0)
    assert 0.2 < len(pairs) / len(honest) < 0.7


def test_nights_are_quiet_and_every_kind_is_paid(world, honest):
    hour = local_hour(honest.time_us)
    assert 0.02 < (hour < 6).mean() < 0.12
    assert set(Kind) - set(world.kind[honest.payee].tolist()) == {Kind.EMPLOYER}
