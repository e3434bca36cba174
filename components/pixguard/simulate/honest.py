"""Everyday payments: shops, marketplaces, friends and families, new contacts, street sellers, betting, cash."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from pixguard.simulate import amounts
from pixguard.simulate.randomness import Floats, Ints, chance, choose, zipf
from pixguard.simulate.rhythm import EVERYDAY, NIGHT, SHOPPING, Rhythm
from pixguard.simulate.traffic import NO_DEVICE, Initiation, Purpose, Traffic, traffic
from pixguard.simulate.world import FAVOURITES, FRIENDS, Kind, World

Channel = Callable[[World, np.random.Generator, int], Traffic]
_INITIATIONS = np.array(Initiation, dtype=np.int8)
TYPED = np.array([0.16, 0.76, 0.05, 0.0, 0.03])
AT_THE_TILL = np.array([0.02, 0.13, 0.33, 0.47, 0.05])


def initiations(rng: np.random.Generator, weights: Floats, size: int) -> NDArray[np.int8]:
    """Return how payments are initiated, drawn with the given weights in the order of `Initiation`."""
    return _INITIATIONS[choose(rng, weights, size)]


def payers(world: World, rng: np.random.Generator, size: int) -> Ints:
    """Return people who pay, active ones more often."""
    return choose(rng, world.people.activity, size)


def times(world: World, rng: np.random.Generator, rhythm: Rhythm, payer: Ints) -> Ints:
    """Return times at which these people pay, each with the person's own daily shift."""
    return rhythm.sample(rng, world.calendar, len(payer), world.people.shift_us[payer])


def prices(world: World, rng: np.random.Generator, payer: Ints, payee: Ints) -> Ints:
    """Return what these people pay in these shops: the shop's typical price, more where the income is higher."""
    wealth = (world.people.income_reais[payer] / 2_600) ** 0.25
    return amounts.priced(rng, amounts.lognormal(rng, world.ticket_reais[payee] * wealth, 0.75, len(payer)))


def shopping(world: World, rng: np.random.Generator, size: int) -> Traffic:
    """Purchases: two thirds at habitual merchants, the others anywhere, big merchants most (Zipf)."""
    payer, merchants = payers(world, rng, size), world.of_kind(Kind.MERCHANT)
    anywhere = merchants[choose(rng, zipf(len(merchants)), size)]
    habit = world.people.favourites[payer, choose(rng, zipf(FAVOURITES, 1.0, 1.0), size)]
    payee = np.where(chance(rng, 0.66, size), habit, anywhere)
    how = initiations(rng, AT_THE_TILL, size)
    return traffic(times(world, rng, SHOPPING, payer), prices(world, rng, payer, payee), payer, payee, how)


def marketplace(world: World, rng: np.random.Generator, size: int) -> Traffic:
    """Online purchases at a few marketplaces, by dynamic QR code."""
    payer, shops = payers(world, rng, size), world.of_kind(Kind.MARKETPLACE)
    payee = shops[choose(rng, zipf(len(shops), 1.0, 1.0), size)]
    amount = amounts.priced(rng, amounts.lognormal(rng, 85.0, 1.0, size), 0.7)
    how = initiations(rng, np.array([0.0, 0.03, 0.02, 0.85, 0.10]), size)
    return traffic(times(world, rng, EVERYDAY, payer), amount, payer, payee, how)


def household_mates(world: World, rng: np.random.Generator, person: Ints) -> Ints:
    """Return somebody else of each person's household; a friend where the person lives alone."""
    people = world.people
    home = people.household[person]
    start, size = people.household_start[home], people.household_size[home]
    step = 1 + (rng.random(len(person)) * np.maximum(size - 1, 1)).astype(np.int64)
    mate = start + (person - start + step) % size
    return np.where(size == 1, people.friends[person, 0], mate)


def friends_of(world: World, rng: np.random.Generator, person: Ints) -> Ints:
    """Return one friend of each person, close ones more often."""
    return world.people.friends[person, choose(rng, zipf(FRIENDS, 1.0, 1.0), len(person))]


def people_i_know(world: World, rng: np.random.Generator, size: int) -> Traffic:
    """Payments between relatives and friends."""
    payer = payers(world, rng, size)
    family = chance(rng, 0.4, size)
    payee = np.where(family, household_mates(world, rng, payer), friends_of(world, rng, payer))
    amount = amounts.rounded(rng, amounts.lognormal(rng, np.where(family, 90.0, 45.0), 1.25, size), 0.65)
    return traffic(times(world, rng, EVERYDAY, payer), amount, payer, payee, initiations(rng, TYPED, size))


def new_contacts(world: World, rng: np.random.Generator, size: int) -> Traffic:
    """First payments to people: second-hand goods, craftsmen, a doctor, a raffle; quiet accounts are among them."""
    payer = payers(world, rng, size)
    payee = rng.integers(0, len(world.people), size)
    amount = amounts.rounded(rng, amounts.lognormal(rng, 95.0, 1.4, size), 0.6)
    return traffic(times(world, rng, EVERYDAY, payer), amount, payer, payee, initiations(rng, TYPED, size))


def street_sellers(world: World, rng: np.random.Generator, size: int) -> Traffic:
    """Purchases from people who sell: food, hair, rides; many payers to one person's account."""
    payer, sellers = payers(world, rng, size), np.flatnonzero(world.people.is_seller)
    rank = choose(rng, zipf(len(sellers), 0.6, 5.0), size)
    loyal = sellers[(payer * 7 + rank % 3) % len(sellers)]
    payee = np.where(chance(rng, 0.45, size), loyal, sellers[rank])
    amount = amounts.rounded(rng, amounts.lognormal(rng, 32.0, 0.95, size), 0.6)
    how = initiations(rng, np.array([0.04, 0.56, 0.38, 0.02, 0.0]), size)
    return traffic(times(world, rng, SHOPPING, payer), amount, payer, payee, how)


def betting(world: World, rng: np.random.Generator, size: int) -> Traffic:
    """Deposits at betting houses: round amounts, at night and in bursts, by few people."""
    fans = choose(rng, world.people.activity**1.5, max(1, len(world.people) // 8))
    payer, houses = fans[choose(rng, zipf(len(fans), 0.8), size)], world.of_kind(Kind.BETTING_HOUSE)
    payee = houses[choose(rng, zipf(len(houses)), size)]
    amount = amounts.rounded(rng, amounts.lognormal(rng, 40.0, 1.1, size), 0.9)
    return traffic(times(world, rng, NIGHT, payer), amount, payer, payee, Initiation.DYNAMIC_QRCODE)


def betting_payouts(world: World, rng: np.random.Generator, size: int) -> Traffic:
    """Winnings and refunds that betting houses and marketplaces pay to people, at any hour."""
    payee = payers(world, rng, size)
    sources = np.concatenate([world.of_kind(Kind.BETTING_HOUSE), world.of_kind(Kind.MARKETPLACE)])
    payer = sources[choose(rng, zipf(len(sources)), size)]
    amount = amounts.lognormal(rng, 70.0, 1.5, size)
    time_us = NIGHT.sample(rng, world.calendar, size)
    return traffic(time_us, amount, payer, payee, Initiation.DICT, device=NO_DEVICE)


def cash_agents(world: World) -> Ints:
    """Return the merchants that give cash; the first merchant where a small world has none."""
    agents = np.flatnonzero(world.gives_cash)
    return agents if len(agents) else world.of_kind(Kind.MERCHANT)[:1]


def cash(world: World, rng: np.random.Generator, size: int) -> Traffic:
    """Withdrawals (saque) and change (troco) at merchants that give cash."""
    payer, agents = payers(world, rng, size), cash_agents(world)
    payee = agents[choose(rng, zipf(len(agents), 0.7), size)]
    amount = amounts.rounded(rng, amounts.lognormal(rng, 120.0, 0.9, size), 0.95)
    purpose = np.where(chance(rng, 0.7, size), Purpose.WITHDRAWAL, Purpose.CHANGE).astype(np.int8)
    time_us = times(world, rng, SHOPPING, payer)
    return traffic(time_us, amount, payer, payee, Initiation.DYNAMIC_QRCODE, purpose=purpose)


def to_own_account(world: World, rng: np.random.Generator, size: int) -> Traffic:
    """Moves between a person's own accounts, both ways, some nearly all of a month's income."""
    owners = np.flatnonzero(world.people.own_account >= 0)
    owner = owners[choose(rng, world.people.activity[owners], size)]
    other = world.people.own_account[owner]
    forth = chance(rng, 0.65, size)
    amount = amounts.rounded(rng, amounts.lognormal(rng, world.people.income_reais[owner] * 0.12, 1.2, size), 0.6)
    time_us = times(world, rng, EVERYDAY, owner)
    payer, payee = np.where(forth, owner, other), np.where(forth, other, owner)
    return traffic(time_us, amount, payer, payee, initiations(rng, TYPED, size))


EVERYDAY_CHANNELS: tuple[tuple[str, Channel, float], ...] = (
    ("marketplace", marketplace, 0.05),
    ("people I know", people_i_know, 0.20),
    ("new contacts", new_contacts, 0.06),
    ("street sellers", street_sellers, 0.09),
    ("betting", betting, 0.04),
    ("betting payouts", betting_payouts, 0.012),
    ("cash", cash, 0.02),
    ("own account", to_own_account, 0.03),
)
