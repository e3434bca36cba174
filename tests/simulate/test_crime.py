from dataclasses import replace

import numpy as np
import pytest

from pixguard.simulate.config import NEW_TYPOLOGIES, SimulationConfig, Story, TypologyShare
from pixguard.simulate.crime import commit_crime
from pixguard.simulate.rhythm import DAY_US
from pixguard.simulate.world import create_world


@pytest.mark.parametrize("prevalence", [0.0, 0.00007, 0.001, 0.03, 0.1])
def test_the_prevalence_is_met_up_to_a_chain(config, world, prevalence):
    paid = commit_crime(replace(config, prevalence=prevalence), world).paid
    budget = round(config.payments * prevalence)
    assert budget * 0.95 - 12 <= (paid.story > Story.BAIT).sum() <= budget


def test_all_typologies_appear_and_every_chain_begins_with_its_victim(crime):
    paid = crime.paid
    new = {item.story for item in NEW_TYPOLOGIES}
    assert {s for s in Story if s.is_fraud} - new == {Story(s) for s in np.unique(paid.story[paid.story > Story.BAIT])}
    begun = np.unique(paid.chain[paid.hop == 0])
    assert np.isin(paid.chain, begun).all()
    own = paid.take((paid.hop == 0) & (paid.story > Story.BAIT))
    assert (crime.story_of_chain[own.chain] == own.story).all()


def test_payments_are_possible(world, crime):
    paid = crime.paid
    assert (paid.payer != paid.payee).all()
    assert (paid.amount_centavos > 0).all()
    assert (paid.time_us > np.maximum(world.opened_us[paid.payer], world.opened_us[paid.payee])).all()
    assert paid.time_us.max() < world.calendar.end_us
    assert paid.time_us.min() >= world.calendar.start_us


def test_a_typology_can_appear_late_and_shares_hold():
    shares = (TypologyShare(Story.COERCION, 0.5), TypologyShare(Story.QR_SWAP, 0.5, first_day=30))
    config = SimulationConfig(payments=60_000, days=40, prevalence=0.02, typologies=shares)
    world = create_world(config)
    paid = commit_crime(config, world).paid
    day = (paid.time_us - world.calendar.start_us) // DAY_US
    assert day[paid.story == Story.QR_SWAP].min() >= 30
    assert (paid.story == Story.QR_SWAP).sum() > 20
    assert set(np.unique(paid.story).tolist()) == {Story.COERCION, Story.QR_SWAP, Story.MULE_CHAIN}


def test_fraud_strikes_in_all_parts_of_the_simulation(config, world):
    paid = commit_crime(replace(config, prevalence=0.05), world).paid
    day = (paid.time_us[paid.story > Story.BAIT] - world.calendar.start_us) // DAY_US
    thirds = np.bincount(np.minimum(day * 3 // config.days, 2), minlength=3) / len(day)
    assert thirds.min() > 0.2
