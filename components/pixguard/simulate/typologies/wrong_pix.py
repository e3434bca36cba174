"""Wrong-Pix refund abuse: "I paid you by mistake, send it back to this key", while the first payment is disputed."""

from __future__ import annotations

import numpy as np

from pixguard.simulate import amounts
from pixguard.simulate.config import Story
from pixguard.simulate.honest import TYPED, initiations
from pixguard.simulate.occasions import delays_us
from pixguard.simulate.randomness import chance
from pixguard.simulate.rings import Scene
from pixguard.simulate.traffic import Initiation, Traffic, concatenate, traffic


def payments(scene: Scene) -> Traffic:
    """A bait payment to the victim, and within hours the victim's "return" of the same amount to another account."""
    rings, cases, rng = scene.rings, scene.cases, scene.rng
    size = len(cases)
    amount = amounts.rounded(rng, amounts.lognormal(rng, 380.0, 0.8, size), 0.6)
    sender = rings.second_mules[cases.ring, 0]
    sender = np.where(sender == cases.victim, cases.mule, sender)
    bait = traffic(cases.start_us, amount, sender, cases.victim, Initiation.DICT, story=Story.BAIT, chain=cases.chain)
    part = np.where(chance(rng, 0.75, size), 1.0, rng.uniform(0.5, 1.0, size))
    returned = np.maximum(1_00, (amount * part).astype(np.int64))
    time_us = cases.start_us + delays_us(rng, 70, 1.1, size)
    how = initiations(rng, TYPED, size)
    story = Story.WRONG_PIX
    paid = traffic(time_us, returned, cases.victim, cases.mule, how, story=story, chain=cases.chain)
    return concatenate([bait, paid])
