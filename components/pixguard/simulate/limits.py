"""Limits of the regulation that every payment of a natural person keeps, honest or not (PIX.md)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pixguard.simulate import amounts
from pixguard.simulate.randomness import Mask
from pixguard.simulate.rhythm import local_hour
from pixguard.simulate.traffic import Traffic
from pixguard.simulate.world import World

_NIGHT_FROM_HOUR, _NIGHT_UNTIL_HOUR = 20, 6


def within_night_limit(world: World, paid: Traffic, rng: np.random.Generator) -> Traffic:
    """Return the payments with those at night of people who never had their limit raised brought below R$ 1,000."""
    limited = _is_limited(world, paid)
    lowered = amounts.below(rng, paid.amount_centavos, amounts.NIGHT_LIMIT_CENTAVOS)
    return replace(paid, amount_centavos=np.where(limited, lowered, paid.amount_centavos))


def _is_limited(world: World, paid: Traffic) -> Mask:
    hour, people = local_hour(paid.time_us), len(world.people)
    night = (hour >= _NIGHT_FROM_HOUR) | (hour < _NIGHT_UNTIL_HOUR)
    person = paid.payer < people
    raised = world.people.has_raised_limit[np.where(person, paid.payer, 0)]
    return np.asarray(night & person & ~raised, dtype=bool)
