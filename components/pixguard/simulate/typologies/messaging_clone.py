"""Messaging-app clone: "hi mum, this is my new number", and relatives and friends of one person lend money."""

from __future__ import annotations

import numpy as np

from pixguard.simulate import amounts
from pixguard.simulate.config import Story
from pixguard.simulate.honest import TYPED, friends_of, household_mates, initiations
from pixguard.simulate.occasions import delays_us
from pixguard.simulate.randomness import chance
from pixguard.simulate.rings import Scene
from pixguard.simulate.traffic import Traffic, traffic


def payments(scene: Scene) -> Traffic:
    """One or two people who know the impersonated one pay within hours; amounts are those of an ordinary loan."""
    world, cases, rng = scene.world, scene.cases, scene.rng
    rows, _ = cases.repeated(1 + rng.binomial(2, 0.2, len(cases)))
    family = chance(rng, 0.6, len(rows))
    payer = np.where(family, household_mates(world, rng, rows.victim), friends_of(world, rng, rows.victim))
    payer = np.where(payer == rows.mule, rows.victim, payer)
    amount = amounts.rounded(rng, amounts.lognormal(rng, 420.0, 0.9, len(rows)), 0.55)
    time_us = rows.start_us + delays_us(rng, 60, 1.2, len(rows))
    how = initiations(rng, TYPED, len(rows))
    return traffic(time_us, amount, payer, rows.mule, how, story=Story.MESSAGING_CLONE, chain=rows.chain)
