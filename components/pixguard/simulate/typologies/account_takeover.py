"""Account takeover: stolen credentials on the fraudster's device, registered by deceit or held to the small limit."""

from __future__ import annotations

import numpy as np

from pixguard.simulate import amounts
from pixguard.simulate.config import Story
from pixguard.simulate.devices import crew_device
from pixguard.simulate.honest import TYPED, initiations
from pixguard.simulate.occasions import delays_us
from pixguard.simulate.randomness import chance
from pixguard.simulate.rings import CREW_DEVICES, Scene, with_other_mules
from pixguard.simulate.traffic import CHOSEN_LATER, Traffic, traffic


def payments(scene: Scene) -> Traffic:
    """Two to six payments, often at night, from a new device; a third of the crews works in the victim's browser."""
    world, rings, cases, rng = scene.world, scene.rings, scene.cases, scene.rng
    count = len(cases)
    registered = chance(rng, 0.55, count)
    on_crew_device = chance(rng, 0.65, count)
    crew = rings.devices[cases.ring, rng.integers(0, CREW_DEVICES, count)]
    rows, position = cases.repeated(1 + rng.binomial(5, 0.4, count))
    case = np.cumsum(position == 0) - 1
    median = np.where(registered, world.people.income_reais[cases.victim] * 0.2, 150.0)
    amount = amounts.rounded(rng, amounts.lognormal(rng, median[case], 0.8, len(rows)), 0.5)
    small = ~registered[case] & on_crew_device[case]
    amount = np.where(small, amounts.below(rng, amount, amounts.UNREGISTERED_LIMIT_CENTAVOS), amount)
    device = np.where(on_crew_device[case], crew_device(world, crew[case]), CHOSEN_LATER)
    allowed = np.where(on_crew_device[case], registered[case], CHOSEN_LATER).astype(np.int8)
    rows = with_other_mules(rings, rows, rng, 0.35)
    return traffic(
        rows.start_us + position * delays_us(rng, 7, 1.0, len(rows)), amount, rows.victim, rows.mule,
        initiations(rng, TYPED, len(rows)), device=device, registered=allowed, story=Story.ACCOUNT_TAKEOVER,
        chain=rows.chain,
    )  # fmt: skip
