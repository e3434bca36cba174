"""All fraud of a world: cases of every typology, onward movements, cut to the prevalence that was asked for."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from pixguard.simulate.config import SimulationConfig, Story
from pixguard.simulate.limits import within_night_limit
from pixguard.simulate.mules import Movement, move_on
from pixguard.simulate.randomness import Ints, stream
from pixguard.simulate.rings import Rings, Scene, open_cases, plan_rings
from pixguard.simulate.traffic import Traffic, concatenate
from pixguard.simulate.typologies import TYPOLOGIES
from pixguard.simulate.world import World


@dataclass(frozen=True)
class Crime:
    """Fraudulent payments with their bait, and the story of each chain."""

    paid: Traffic
    story_of_chain: Ints


def commit_crime(config: SimulationConfig, world: World) -> Crime:
    """Return the fraud of a world, at most `payments * prevalence` fraudulent payments, whole chains only."""
    rings, counts = plan_rings(config, world)
    victims, ring_of_chain = _strike(config, world, rings, counts)
    rng = stream(config.seed, "mules")
    scene = Movement(world, rings, ring_of_chain, rng)
    onward = within_night_limit(world, move_on(scene, victims.take(victims.story != Story.BAIT)), rng)
    paid = _inside(world, concatenate([victims, onward]))
    budget = round(config.payments * config.prevalence)
    story_of_chain = np.repeat(np.array(list(counts), dtype=np.int64), list(counts.values()))
    return Crime(_within_budget(paid, budget, len(story_of_chain), rng), story_of_chain)


def _strike(config: SimulationConfig, world: World, rings: Rings, counts: dict[Story, int]) -> tuple[Traffic, Ints]:
    """Return what all victims pay, chains numbered through all stories, and the ring of each chain."""
    parts: list[Traffic] = []
    ring_of_chain = np.zeros(sum(counts.values()), dtype=np.int64)
    first_chain = 0
    for story, count in counts.items():
        rng = stream(config.seed, f"typology {story.name}")
        cases = open_cases(world, rings, story, count, rng)
        cases = replace(cases, chain=cases.chain + first_chain)
        ring_of_chain[cases.chain] = cases.ring
        parts.append(within_night_limit(world, TYPOLOGIES[story](Scene(world, rings, cases, rng)), rng))
        first_chain += count
    return _inside(world, concatenate(parts)), ring_of_chain


def _inside(world: World, paid: Traffic) -> Traffic:
    """Return payments between two different open accounts before the end of the simulation."""
    opened = np.maximum(world.opened_us[paid.payer], world.opened_us[paid.payee])
    return paid.take((paid.time_us < world.calendar.end_us) & (paid.time_us > opened) & (paid.payer != paid.payee))


def _within_budget(paid: Traffic, budget: int, chains: int, rng: np.random.Generator) -> Traffic:
    """Keep chains in random order as long as their fraudulent payments fit into the budget."""
    order = rng.permutation(chains)
    size = np.bincount(paid.chain[paid.story > Story.BAIT], minlength=chains)
    kept = np.zeros(chains, dtype=bool)
    kept[order] = np.cumsum(size[order]) <= budget
    return paid.take(kept[paid.chain])
