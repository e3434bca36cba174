"""Consent abuse: a forged shop or bank makes the victim agree to open finance, and a payment initiator then drains.

It is new to a bank on the day it first appears: a rented account of somebody who has paid and been paid for years
receives it, the amounts are those of everyday life, and the payment comes by an initiator, as honest ones do.
"""

from __future__ import annotations

import numpy as np

from pixguard.simulate import amounts
from pixguard.simulate.config import Story
from pixguard.simulate.occasions import delays_us
from pixguard.simulate.randomness import Ints
from pixguard.simulate.rhythm import DAY_US
from pixguard.simulate.rings import Scene
from pixguard.simulate.traffic import Initiation, Traffic, traffic

_RENTED = 3  # accounts of a ring
_TRIED = 40
_OLD_DAYS = 365


def payments(scene: Scene) -> Traffic:
    """One to four payments hours apart, each of an everyday amount, to one of the ring's rented accounts."""
    cases, rng = scene.cases, scene.rng
    rows, position = cases.repeated(1 + rng.binomial(3, 0.45, len(cases)))
    rented = _rented_accounts(scene)
    payee = rented[rows.ring, rng.integers(0, _RENTED, len(rows))]
    payee = np.where(payee == rows.victim, rows.mule, payee)
    amount = amounts.priced(rng, amounts.lognormal(rng, 620.0, 0.55, len(rows)))
    time_us = rows.start_us + position * delays_us(rng, 180, 0.8, len(rows))
    story = Story.CONSENT_ABUSE
    return traffic(time_us, amount, rows.victim, payee, Initiation.PAYMENT_INITIATOR, story=story, chain=rows.chain)


def _rented_accounts(scene: Scene) -> Ints:
    """Return accounts of busy people that were old when the ring began [rings, _RENTED]."""
    world, rings, rng = scene.world, scene.rings, scene.rng
    tried = rng.integers(0, len(world.people), (len(rings), _RENTED, _TRIED))
    old = rings.from_us[:, None, None] - world.opened_us[tried] > _OLD_DAYS * DAY_US
    score = np.where(old, world.people.activity[tried], -1.0)
    return np.take_along_axis(tried, score.argmax(axis=2)[:, :, None], axis=2)[:, :, 0]
