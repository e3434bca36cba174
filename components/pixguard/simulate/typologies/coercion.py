"""Coercion: a robbery or lightning kidnapping; the victim pays with the own phone what the night limit allows."""

from __future__ import annotations

from pixguard.simulate import amounts
from pixguard.simulate.config import Story
from pixguard.simulate.honest import TYPED, initiations
from pixguard.simulate.occasions import delays_us
from pixguard.simulate.rings import Scene, with_other_mules
from pixguard.simulate.traffic import Traffic, traffic


def payments(scene: Scene) -> Traffic:
    """One to four payments within an hour, mostly at night, as much as can be had, to one or two mules."""
    world, rings, cases, rng = scene.world, scene.rings, scene.cases, scene.rng
    rows, position = cases.repeated(1 + rng.binomial(3, 0.4, len(cases)))
    rows = with_other_mules(rings, rows, rng, 0.3)
    median = 250 + world.people.income_reais[rows.victim] * 0.14
    amount = amounts.rounded(rng, amounts.lognormal(rng, median, 0.7, len(rows)), 0.7)
    time_us = rows.start_us + position * delays_us(rng, 10, 0.8, len(rows))
    how = initiations(rng, TYPED, len(rows))
    return traffic(time_us, amount, rows.victim, rows.mule, how, story=Story.COERCION, chain=rows.chain)
