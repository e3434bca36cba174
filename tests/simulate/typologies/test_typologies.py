"""Every typology against the story that PIX.md tells of it."""

from dataclasses import replace

import numpy as np
import pytest

from pixguard.simulate import amounts
from pixguard.simulate.config import NEW_TYPOLOGIES, Story, TypologyShare
from pixguard.simulate.devices import crew_device
from pixguard.simulate.randomness import stream
from pixguard.simulate.rhythm import DAY_US, HOUR_US, local_hour
from pixguard.simulate.rings import Scene, open_cases, plan_rings
from pixguard.simulate.traffic import CHOSEN_LATER, Initiation
from pixguard.simulate.typologies import TYPOLOGIES


@pytest.fixture(scope="module")
def play(config, world):
    usual, _ = plan_rings(config, world)
    new = {item.story for item in NEW_TYPOLOGIES}
    asked = tuple(TypologyShare(story, 0.2) for story in new)
    with_new, _ = plan_rings(replace(config, typologies=(*config.typologies, *asked)), world)

    def played(story):
        rng, rings = stream(9, story.name), with_new if story in new else usual
        cases = open_cases(world, rings, story, 500, rng)
        return cases, TYPOLOGIES[story](Scene(world, rings, cases, rng))

    return played


def gaps(paid):
    """Microseconds between neighbouring payments of the same case."""
    order = np.lexsort((paid.time_us, paid.chain))
    same = np.diff(paid.chain[order]) == 0
    return np.diff(paid.time_us[order])[same]


def per_case(paid):
    return np.unique(paid.chain, return_counts=True)[1]


@pytest.mark.parametrize("story", TYPOLOGIES)
def test_each_story_has_payments_of_every_case_and_pays_its_rings(play, story):
    cases, paid = play(story)
    stolen = paid.take(paid.story == story)
    assert set(stolen.chain.tolist()) == set(cases.chain.tolist())
    assert (stolen.amount_centavos > 0).all()
    assert (stolen.time_us >= cases.start_us.min()).all()
    assert (stolen.payer != stolen.payee).mean() > 0.99
    assert set(paid.story.tolist()) <= {story, Story.BAIT}


def test_call_centre_victims_pay_much_within_hours(world, play):
    _, paid = play(Story.FAKE_CALL_CENTRE)
    assert np.median(gaps(paid)) < HOUR_US
    part = paid.amount_centavos / 100 / world.people.income_reais[paid.payer]
    assert 0.2 < np.median(part) < 0.6


def test_clones_ask_several_people_for_an_ordinary_loan(play):
    _, paid = play(Story.MESSAGING_CLONE)
    assert 1 < per_case(paid).mean() < 2
    assert 200_00 < np.median(paid.amount_centavos) < 900_00


def test_remote_access_is_a_burst_from_the_victim_s_device(play):
    _, paid = play(Story.REMOTE_ACCESS)
    assert per_case(paid).mean() > 2
    assert np.median(gaps(paid)) < HOUR_US / 4
    assert (paid.device == CHOSEN_LATER).all()


def test_swapped_codes_are_single_payments_by_code(play):
    _, paid = play(Story.QR_SWAP)
    assert (per_case(paid) == 1).all()
    assert np.isin(paid.initiation, [Initiation.STATIC_QRCODE, Initiation.DYNAMIC_QRCODE]).mean() > 0.9


def test_investments_grow_over_days_and_are_baited(play):
    _, paid = play(Story.INVESTMENT_SCAM)
    deposits = paid.take(paid.story == Story.INVESTMENT_SCAM)
    assert np.median(gaps(deposits)) > DAY_US / 4
    order = np.lexsort((deposits.time_us, deposits.chain))
    grows = np.diff(deposits.amount_centavos[order])[np.diff(deposits.chain[order]) == 0] > 0
    assert grows.mean() > 0.55
    assert 0.4 < (paid.story == Story.BAIT).sum() / len(per_case(deposits)) < 0.8


def test_wrong_pix_is_returned_to_another_account_after_the_bait(play):
    _, paid = play(Story.WRONG_PIX)
    bait, back = (paid.take(paid.story == s) for s in (Story.BAIT, Story.WRONG_PIX))
    assert (bait.payee == back.payer).all()
    assert (bait.payer != back.payee).mean() > 0.9
    assert (bait.time_us <= back.time_us).all()
    assert (bait.amount_centavos == back.amount_centavos).mean() > 0.6


def test_takeovers_use_a_crew_s_device_within_its_limit(world, play):
    _, paid = play(Story.ACCOUNT_TAKEOVER)
    crew = paid.device >= crew_device(world, np.array(0))
    assert 0.5 < crew.mean() < 0.8
    assert paid.amount_centavos[crew & (paid.registered == 0)].max() <= amounts.UNREGISTERED_LIMIT_CENTAVOS
    assert 0.2 < (paid.registered[crew] == 1).mean() < 0.9


def test_coercion_happens_at_night_within_an_hour_or_so(play):
    _, paid = play(Story.COERCION)
    hour = local_hour(paid.time_us)
    assert ((hour >= 18) | (hour < 5)).mean() > 0.6
    assert np.median(gaps(paid)) < HOUR_US


def test_consent_abuse_looks_like_shopping_and_comes_by_an_initiator(world, play):
    cases, paid = play(Story.CONSENT_ABUSE)
    assert set(paid.initiation.tolist()) == {Initiation.PAYMENT_INITIATOR}
    assert 1 <= per_case(paid).min() <= per_case(paid).max() <= 2
    assert 300_00 < np.median(paid.amount_centavos) < 900_00
    opened = (paid.time_us - world.opened_us[paid.payee]) / DAY_US
    assert np.median(opened) > 365
    assert world.people.is_seller[paid.payee].mean() > 0.8
    assert not np.isin(paid.payee, cases.mule).mean() > 0.1
