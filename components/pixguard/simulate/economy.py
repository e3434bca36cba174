"""All honest traffic of a world: what comes monthly, every day and on occasions, filled up with shopping."""

from __future__ import annotations

import numpy as np

from pixguard.simulate.config import SimulationConfig
from pixguard.simulate.honest import EVERYDAY_CHANNELS, shopping
from pixguard.simulate.limits import within_night_limit
from pixguard.simulate.monthly import bills, rents, salaries, salary_moves
from pixguard.simulate.occasions import OCCASIONS, PASSED_ON_SHARE, passed_on, till_sweeps
from pixguard.simulate.randomness import chance, stream
from pixguard.simulate.traffic import Traffic, concatenate
from pixguard.simulate.world import World

# Shopping is what is left; never less than this share, even where people are many and payments are few.
_LEAST_SHOPPING = 0.1


def honest_payments(config: SimulationConfig, world: World, count: int) -> Traffic:
    """Return exactly `count` honest payments, in no particular order."""
    seed = config.seed
    others = possible(world, concatenate([*_monthly(world, seed), *_everyday(config, world, count)]))
    rng = stream(seed, "fill")
    room = int(count * (1 - _LEAST_SHOPPING))
    others = others.take(rng.permutation(len(others))[:room])
    bought = _shopping(config, world, count - len(others))
    return within_night_limit(world, concatenate([others, bought]), rng)


def possible(world: World, paid: Traffic) -> Traffic:
    """Return the payments between two different accounts that are both open, inside the simulated days."""
    calendar = world.calendar
    opened = np.maximum(world.opened_us[paid.payer], world.opened_us[paid.payee])
    inside = (paid.time_us >= calendar.start_us) & (paid.time_us < calendar.end_us)
    return paid.take(inside & (paid.time_us > opened) & (paid.payer != paid.payee))


def _monthly(world: World, seed: int) -> list[Traffic]:
    rng = stream(seed, "monthly")
    paid = salaries(world, rng)
    return [paid, salary_moves(world, rng, paid), rents(world, rng), bills(world, rng)]


def _everyday(config: SimulationConfig, world: World, count: int) -> list[Traffic]:
    parts: dict[str, Traffic] = {}
    for name, channel, share in (*EVERYDAY_CHANNELS, *OCCASIONS):
        parts[name] = channel(world, stream(config.seed, name), max(1, round(count * share)))
    rng = stream(config.seed, "consequences")
    known = parts["people I know"]
    handed = passed_on(world, rng, known.take(chance(rng, PASSED_ON_SHARE, len(known))))
    return [*parts.values(), handed, till_sweeps(world, rng, parts["street sellers"])]


def _shopping(config: SimulationConfig, world: World, count: int) -> Traffic:
    """Return exactly `count` purchases; those before an account was opened are drawn again."""
    rng = stream(config.seed, "shopping")
    parts: list[Traffic] = []
    missing = count
    while missing > 0:
        drawn = possible(world, shopping(world, rng, int(missing * 1.15) + 100))
        parts.append(drawn.take(np.arange(min(missing, len(drawn)))))
        missing -= len(parts[-1])
    return concatenate(parts)
