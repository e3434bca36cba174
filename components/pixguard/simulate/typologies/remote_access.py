"""Remote access (mão fantasma): the victim installs a "module", and the fraudster drives the victim's own phone."""

from __future__ import annotations

from pixguard.simulate import amounts
from pixguard.simulate.config import Story
from pixguard.simulate.honest import TYPED, initiations
from pixguard.simulate.occasions import delays_us
from pixguard.simulate.rings import Scene, with_other_mules
from pixguard.simulate.traffic import Traffic, traffic


def payments(scene: Scene) -> Traffic:
    """Two to five payments minutes apart from a registered device, to one or two mules, until the account is empty."""
    world, rings, cases, rng = scene.world, scene.rings, scene.cases, scene.rng
    rows, position = cases.repeated(1 + rng.binomial(4, 0.4, len(cases)))
    rows = with_other_mules(rings, rows, rng, 0.35)
    median = world.people.income_reais[rows.victim] * 0.22
    amount = amounts.rounded(rng, amounts.lognormal(rng, median, 0.85, len(rows)), 0.35)
    time_us = rows.start_us + position * delays_us(rng, 4, 0.9, len(rows))
    how = initiations(rng, TYPED, len(rows))
    return traffic(time_us, amount, rows.victim, rows.mule, how, story=Story.REMOTE_ACCESS, chain=rows.chain)
