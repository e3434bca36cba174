"""QR code swap: a sticker over a shop's code, or a forged bill; the victim believes to pay for a purchase."""

from __future__ import annotations

import numpy as np

from pixguard.simulate import amounts
from pixguard.simulate.config import Story
from pixguard.simulate.honest import initiations, prices
from pixguard.simulate.randomness import chance, choose, zipf
from pixguard.simulate.rings import Scene
from pixguard.simulate.traffic import Traffic, traffic
from pixguard.simulate.world import Kind

_BY_CODE = np.array([0.0, 0.04, 0.61, 0.35, 0.0])


def payments(scene: Scene) -> Traffic:
    """One payment by QR code, of the amount that a purchase or a bill has, at the hours of people who shop."""
    world, cases, rng = scene.world, scene.cases, scene.rng
    shops, size = world.of_kind(Kind.MERCHANT), len(cases)
    shop = shops[choose(rng, zipf(len(shops)), size)]
    purchase = prices(world, rng, cases.victim, shop)
    forged_bill = amounts.lognormal(rng, 230.0, 0.8, size)
    amount = np.where(chance(rng, 0.45, size), purchase, forged_bill)
    how = initiations(rng, _BY_CODE, size)
    return traffic(cases.start_us, amount, cases.victim, cases.mule, how, story=Story.QR_SWAP, chain=cases.chain)
