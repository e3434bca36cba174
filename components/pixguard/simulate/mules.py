"""Mule chains: stolen money leaves the first mule within minutes, to second mules, cash, goods or other people.

Onward movements count as fraud with the situation OTHER, as MED 2.0 traces them (PIX.md); what a ring spends or
withdraws is the end of its chain, and the shop that is paid gets no marker for it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from pixguard.simulate import amounts
from pixguard.simulate.config import Story
from pixguard.simulate.devices import crew_device
from pixguard.simulate.honest import AT_THE_TILL, TYPED, cash_agents, initiations
from pixguard.simulate.randomness import Floats, Ints, Mask, chance, choose, zipf
from pixguard.simulate.rhythm import DAY_US, MINUTE_US
from pixguard.simulate.rings import CREW_DEVICES, SECOND_MULES, Rings
from pixguard.simulate.traffic import CHOSEN_LATER, Purpose, Traffic, concatenate, traffic
from pixguard.simulate.world import Kind, World

_SECOND_MULE, _CASH, _GOODS, _SOMEBODY = range(4)
_FIRST_HOP = np.array([0.44, 0.22, 0.20, 0.14])
_SECOND_HOP = np.array([0.0, 0.42, 0.33, 0.25])
_MOVED_ON, _MOVED_ON_AGAIN = 0.68, 0.6
_MOST_CASH_CENTAVOS = 1_500_00


@dataclass(frozen=True)
class Movement:
    """Where stolen money moves: the world, the rings, the ring of each chain, and the dice."""

    world: World
    rings: Rings
    ring_of_chain: Ints
    rng: np.random.Generator


def move_on(movement: Movement, stolen: Traffic) -> Traffic:
    """Return the onward movements of payments that reached first mules: one hop, and a second from second mules."""
    first, at_second_mule = _hop(movement, stolen, _FIRST_HOP, _MOVED_ON)
    second, _ = _hop(movement, first.take(at_second_mule), _SECOND_HOP, _MOVED_ON_AGAIN)
    return concatenate([first, second])


def _hop(movement: Movement, received: Traffic, ways: Floats, share: float) -> tuple[Traffic, Mask]:
    """Move a share of what was received, in one or two pieces; the mask tells which of them reach second mules."""
    rings, rng = movement.rings, movement.rng
    held = _collected(movement, received)
    held = held.take(chance(rng, share, len(held)))
    pieces = 1 + chance(rng, 0.15, len(held)).astype(np.int64)
    row = np.repeat(np.arange(len(held)), pieces)
    held, size = held.take(row), len(row)
    ring, way = movement.ring_of_chain[held.chain], choose(rng, ways, size)
    left = (held.amount_centavos * rng.beta(9, 1.1, size) / pieces[row]).astype(np.int64)
    delay_us = np.minimum(rng.lognormal(np.log(rings.haste_minutes[ring]), 1.1, size) * MINUTE_US, 4 * DAY_US)
    crew = crew_device(movement.world, rings.devices[ring, rng.integers(0, CREW_DEVICES, size)])
    by_crew = rings.uses_crew_device[ring]
    till = (way == _CASH) | (way == _GOODS)
    moved = traffic(
        held.time_us + delay_us.astype(np.int64),
        _amounts(rng, left, way),
        held.payee,
        _payees(movement, ring, way),
        np.where(till, initiations(rng, AT_THE_TILL, size), initiations(rng, TYPED, size)),
        purpose=np.where(way == _CASH, Purpose.WITHDRAWAL, Purpose.TRANSFER).astype(np.int8),
        device=np.where(by_crew, crew, CHOSEN_LATER),
        registered=np.where(by_crew, 1, CHOSEN_LATER).astype(np.int8),
        story=Story.MULE_CHAIN,
        chain=held.chain,
        hop=held.hop + np.int8(1),
    )
    return moved, way == _SECOND_MULE


def _collected(movement: Movement, received: Traffic) -> Traffic:
    """Return what leaves at once: each receipt by itself, or a mule's receipts of a day where the ring sweeps."""
    calendar = movement.world.calendar
    sweeps = movement.rings.sweeps[movement.ring_of_chain[received.chain]]
    day = (received.time_us - calendar.start_us) // DAY_US
    alone = -1 - np.arange(len(received))
    _, group = np.unique(np.where(sweeps, received.payee * (calendar.days + 1) + day, alone), return_inverse=True)
    order = np.lexsort((received.time_us, group))
    last = order[np.append(np.diff(group[order]) > 0, True)] if len(order) else order
    total = np.bincount(group, received.amount_centavos).astype(np.int64)
    return replace(received.take(last), amount_centavos=total)


def _amounts(rng: np.random.Generator, amount: Ints, way: Ints) -> Ints:
    notes = amounts.rounded(rng, np.minimum(amount, _MOST_CASH_CENTAVOS), 0.95)
    return np.maximum(1_00, np.where(way == _CASH, notes, amounts.rounded(rng, amount, 0.35)))


def _payees(movement: Movement, ring: Ints, way: Ints) -> Ints:
    world, rng, size = movement.world, movement.rng, len(ring)
    shops = world.of_kind(Kind.MERCHANT)
    agents = cash_agents(world)
    spends_at = np.concatenate([world.of_kind(Kind.BETTING_HOUSE), world.of_kind(Kind.MARKETPLACE), shops])
    second = movement.rings.second_mules[ring, rng.integers(0, SECOND_MULES, size)]
    cash = agents[choose(rng, zipf(len(agents), 0.7), size)]
    goods = spends_at[choose(rng, zipf(len(spends_at)), size)]
    somebody = rng.integers(0, len(world.people), size)
    return np.select([way == _SECOND_MULE, way == _CASH, way == _GOODS], [second, cash, goods], somebody)
