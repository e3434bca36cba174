"""Task or investment scam: small "profits" are paid out first, then the victim deposits more and more."""

from __future__ import annotations

import numpy as np

from pixguard.simulate import amounts
from pixguard.simulate.config import Story
from pixguard.simulate.honest import TYPED, initiations
from pixguard.simulate.randomness import Floats, Ints, chance
from pixguard.simulate.rhythm import DAY_US
from pixguard.simulate.rings import Scene, with_other_mules
from pixguard.simulate.traffic import Initiation, Traffic, concatenate, traffic


def payments(scene: Scene) -> Traffic:
    """Two to eight growing deposits over days or weeks, to changing mules, and bait payments back to the victim."""
    world, rings, cases, rng = scene.world, scene.rings, scene.cases, scene.rng
    rows, position = cases.repeated(2 + rng.binomial(6, 0.3, len(cases)))
    pace_us = rng.exponential(1.6, len(rows)) * DAY_US
    time_us = rows.start_us + (_running_sum(pace_us, position)).astype(np.int64)
    rows = with_other_mules(rings, rows, rng, 0.3)
    start = amounts.lognormal(rng, 90.0, 0.8, len(rows)) * 1.55**position
    ceiling = world.people.income_reais[rows.victim] * 100
    amount = amounts.rounded(rng, np.minimum(start, ceiling).astype(np.int64), 0.75)
    how = initiations(rng, TYPED, len(rows))
    paid = traffic(time_us, amount, rows.victim, rows.mule, how, story=Story.INVESTMENT_SCAM, chain=rows.chain)
    return concatenate([paid, _bait(rng, paid.take((position == 0) & chance(rng, 0.6, len(rows))))])


def _bait(rng: np.random.Generator, first: Traffic) -> Traffic:
    """The promised profit on the first deposit: honest money as far as the victim can see, never labelled."""
    delay = (rng.exponential(0.4, len(first)) * DAY_US).astype(np.int64)
    amount = (first.amount_centavos * rng.uniform(1.05, 1.4, len(first))).astype(np.int64)
    payer, payee = first.payee, first.payer
    time_us = first.time_us + delay
    return traffic(time_us, amount, payer, payee, Initiation.DICT, story=Story.BAIT, chain=first.chain)


def _running_sum(values: Floats, position: Ints) -> Floats:
    """Return the sum of the earlier values of the same case; `position` restarts at 0 with each case."""
    total = np.cumsum(values)
    first = np.maximum.accumulate(np.where(position == 0, np.arange(len(values)), 0))
    return total - total[first]
