"""False call centre (0800): the bank's "security team" talks a victim into saving the money on a "safe account"."""

from __future__ import annotations

import numpy as np

from pixguard.simulate import amounts
from pixguard.simulate.config import Story
from pixguard.simulate.honest import TYPED, initiations
from pixguard.simulate.occasions import delays_us
from pixguard.simulate.randomness import chance
from pixguard.simulate.rings import Scene, with_other_mules
from pixguard.simulate.traffic import Traffic, traffic


def payments(scene: Scene) -> Traffic:
    """One to four payments within an hour or two, on the victim's own device, large for the victim's income."""
    world, rings, cases, rng = scene.world, scene.rings, scene.cases, scene.rng
    rows, position = cases.repeated(1 + rng.binomial(3, 0.25, len(cases)))
    rows = with_other_mules(rings, rows, rng, 0.3)
    median = world.people.income_reais[rows.victim] * 0.33
    amount = amounts.lognormal(rng, median, 0.9, len(rows))
    amount = np.where(chance(rng, 0.5, len(rows)), amounts.rounded(rng, amount, 0.7), amount)
    time_us = rows.start_us + position * delays_us(rng, 18, 0.8, len(rows))
    how = initiations(rng, TYPED, len(rows))
    return traffic(time_us, amount, rows.victim, rows.mule, how, story=Story.FAKE_CALL_CENTRE, chain=rows.chain)
