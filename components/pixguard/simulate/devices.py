"""Which device a payment comes from, and whether the payer's institution knows it by then.

Devices are numbered in blocks of the world's accounts: usual ones, second ones, replacements, then crews' devices.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from pixguard.simulate.amounts import UNREGISTERED_LIMIT_CENTAVOS
from pixguard.simulate.honest import household_mates
from pixguard.simulate.randomness import Ints, chance
from pixguard.simulate.rhythm import DAY_US
from pixguard.simulate.traffic import CHOSEN_LATER, NO_DEVICE, Initiation, Traffic
from pixguard.simulate.world import Kind, World

_USUAL, _SECOND, _REPLACEMENT, _CREW = range(4)
NEVER_US = np.iinfo(np.int64).max
# A telephone lasts about three years; an app that is installed anew counts as a new device as well.
_DEVICE_LIFE_DAYS = 520


@dataclass(frozen=True)
class Drawer:
    """The devices of each account: whose usual device it uses, when it is replaced, when each becomes registered."""

    usual: Ints
    has_second: Ints
    replaced_us: Ints
    registered_us: Ints  # [devices]


def crew_device(world: World, number: Ints) -> Ints:
    """Return the device numbers of fraudsters' devices."""
    return _CREW * len(world.kind) + number


def assign_devices(world: World, paid: Traffic, rng: np.random.Generator) -> Traffic:
    """Return the payments with a device and its registration where these were left to be chosen."""
    drawer = _fill_drawer(world, rng)
    device = np.where(paid.device == CHOSEN_LATER, _usual_device(world, drawer, paid, rng), paid.device)
    unaided = (world.kind[paid.payer] != Kind.PERSON) | (
        (paid.initiation == Initiation.PAYMENT_INITIATOR) & chance(rng, 0.5, len(paid))
    )
    device = np.where(unaided, NO_DEVICE, device)
    decided = paid.registered != CHOSEN_LATER
    known = np.where(decided, paid.registered, _is_registered(drawer, device, paid, ~decided))
    return replace(paid, device=device, registered=np.where(device == NO_DEVICE, NO_DEVICE, known).astype(np.int8))


def _fill_drawer(world: World, rng: np.random.Generator) -> Drawer:
    accounts, people, calendar = len(world.kind), len(world.people), world.calendar
    myself = np.arange(people)
    usual = np.arange(accounts)
    # Some pay from the telephone of somebody at home.
    usual[:people] = np.where(chance(rng, 0.05, people), household_mates(world, rng, myself), myself)
    replaced_us = calendar.start_us + (rng.exponential(_DEVICE_LIFE_DAYS, accounts) * DAY_US).astype(np.int64)
    waits_us = np.where(chance(rng, 0.5, accounts), 0, rng.exponential(3, accounts) * DAY_US).astype(np.int64)
    second_us = calendar.start_us + (rng.uniform(-9, 1, accounts) * calendar.days * DAY_US).astype(np.int64)
    second_us = np.where(chance(rng, 0.15, accounts), NEVER_US, second_us)
    return Drawer(
        usual=usual,
        has_second=chance(rng, 0.3, accounts).astype(np.int64),
        replaced_us=replaced_us,
        registered_us=np.concatenate([np.zeros(accounts, dtype=np.int64), second_us, replaced_us + waits_us]),
    )


def _usual_device(world: World, drawer: Drawer, paid: Traffic, rng: np.random.Generator) -> Ints:
    accounts, payer = len(world.kind), paid.payer
    second = (drawer.has_second[payer] == 1) & chance(rng, 0.15, len(paid))
    holder = drawer.usual[payer]
    current = np.where(paid.time_us >= drawer.replaced_us[holder], _REPLACEMENT, _USUAL) * accounts + holder
    return np.where(second, _SECOND * accounts + payer, current)


def _is_registered(drawer: Drawer, device: Ints, paid: Traffic, asked: Ints) -> Ints:
    """Tell which payments come after their device was registered; nobody can pay more than R$ 200 before."""
    registered_us = drawer.registered_us.copy()
    known = (device >= 0) & (device < len(registered_us)) & asked
    large = known & (paid.amount_centavos > UNREGISTERED_LIMIT_CENTAVOS)
    np.minimum.at(registered_us, device[large], paid.time_us[large])
    return (paid.time_us >= registered_us[np.where(known, device, 0)]).astype(np.int8)
