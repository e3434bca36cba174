from dataclasses import replace
from datetime import date

import pytest

from pixguard.simulate.config import DEFAULT_TYPOLOGIES, SimulationConfig, SimulationConfigError, Story, TypologyShare


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("payments", 999),
        ("days", 1),
        ("days", 731),
        ("start_date", date(2020, 11, 15)),
        ("seed", -1),
        ("prevalence", -0.001),
        ("prevalence", 0.2),
        ("people", 199),
        ("merchants", 3),
    ],
)
def test_an_impossible_world_is_refused_by_field_and_value(field, value):
    with pytest.raises(SimulationConfigError, match=rf"{field} is {value}: it must be"):
        SimulationConfig(**{field: value})


@pytest.mark.parametrize(
    ("typologies", "wanted"),
    [
        ((TypologyShare(Story.HONEST, 1.0),), "some of"),
        ((TypologyShare(Story.QR_SWAP, 0.0),), "share above 0"),
        ((TypologyShare(Story.QR_SWAP, 0.5), TypologyShare(Story.QR_SWAP, 0.5)), "each typology once"),
        ((TypologyShare(Story.QR_SWAP, -1.0), TypologyShare(Story.COERCION, 2.0)), "0 or greater"),
        ((TypologyShare(Story.QR_SWAP, 1.0, first_day=75),), "a day of it"),
    ],
)
def test_impossible_typologies_are_refused(typologies, wanted):
    with pytest.raises(SimulationConfigError, match=wanted):
        SimulationConfig(typologies=typologies)


def test_the_fingerprint_follows_every_field():
    base = SimulationConfig()
    late = replace(DEFAULT_TYPOLOGIES[0], first_day=3)
    others = [
        replace(base, payments=400_001),
        replace(base, seed=8),
        replace(base, prevalence=0.02),
        replace(base, start_date=date(2026, 3, 3)),
        replace(base, typologies=(late, *DEFAULT_TYPOLOGIES[1:])),
    ]
    assert len({c.fingerprint for c in (base, *others)}) == 1 + len(others)
    assert SimulationConfig().fingerprint == base.fingerprint


def test_people_and_merchants_follow_from_payments_and_days():
    config = SimulationConfig(payments=900_000, days=75)
    assert 0.5 <= config.payments / config.days / config.person_count <= 2
    assert SimulationConfig(people=5_000, merchants=30).merchant_count == 30


def test_only_stories_that_move_stolen_money_are_fraud():
    assert [story.name for story in Story if not story.is_fraud] == ["HONEST", "BAIT"]
