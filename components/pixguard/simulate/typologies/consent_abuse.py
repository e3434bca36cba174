"""Consent abuse: a forged shop makes the victim agree to open finance, and a payment initiator then pays the shop.

It is new to a bank on the day it first appears: rented accounts of people who sell things, and have been paid by
strangers for years, receive it; amounts are those of a purchase, and payments come by an initiator, as honest ones do.
"""

from __future__ import annotations

import numpy as np

from pixguard.simulate import amounts
from pixguard.simulate.config import Story
from pixguard.simulate.occasions import delays_us
from pixguard.simulate.randomness import Ints, chance
from pixguard.simulate.rhythm import DAY_US
from pixguard.simulate.rings import Scene
from pixguard.simulate.traffic import Initiation, Traffic, traffic

_RENTED = 8  # accounts of a ring: none is used for long
_TRIED = 40
_OLD_DAYS = 180


def payments(scene: Scene) -> Traffic:
    """One purchase, or a second one hours later, at a shelf price, to one of the ring's rented accounts."""
    cases, rng = scene.cases, scene.rng
    rows, position = cases.repeated(1 + chance(rng, 0.35, len(cases)).astype(np.int64))
    payee = _rented_accounts(scene)[rows.ring, rng.integers(0, _RENTED, len(rows))]
    payee = np.where(payee == rows.victim, rows.mule, payee)
    amount = amounts.priced(rng, amounts.lognormal(rng, 560.0, 0.5, len(rows)))
    time_us = rows.start_us + position * delays_us(rng, 300, 0.8, len(rows))
    story = Story.CONSENT_ABUSE
    return traffic(time_us, amount, rows.victim, payee, Initiation.PAYMENT_INITIATOR, story=story, chain=rows.chain)


def _rented_accounts(scene: Scene) -> Ints:
    """Return accounts of busy people, of sellers before others, that were old when the ring began [rings, _RENTED]."""
    world, rings, rng = scene.world, scene.rings, scene.rng
    people = world.people
    tried = rng.integers(0, len(people), (len(rings), _RENTED, _TRIED))
    old = rings.from_us[:, None, None] - world.opened_us[tried] > _OLD_DAYS * DAY_US
    score = np.where(old, people.activity[tried] + 100 * people.is_seller[tried], -1.0)
    return np.asarray(np.take_along_axis(tried, score.argmax(axis=2)[:, :, None], axis=2)[:, :, 0])
