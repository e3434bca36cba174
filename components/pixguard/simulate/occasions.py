"""Odd but honest: cars, parties, money passed on, errands, mistaken payments sent back, sellers who sweep their till.

These look like fraud in one respect or another (large to a stranger, many payers at once, in and out within minutes),
so that no single suspicion decides.
"""

from __future__ import annotations

import numpy as np

from pixguard.simulate import amounts
from pixguard.simulate.honest import TYPED, friends_of, household_mates, initiations, payers, times
from pixguard.simulate.randomness import Ints, chance, choose, zipf
from pixguard.simulate.rhythm import DAY_US, EVERYDAY, MINUTE_US, OFFICE
from pixguard.simulate.traffic import Traffic, concatenate, traffic
from pixguard.simulate.world import Kind, World


def delays_us(rng: np.random.Generator, median_minutes: float, sigma: float, size: int) -> Ints:
    """Return log-normal delays, microseconds, at most three days."""
    delay = rng.lognormal(np.log(median_minutes), sigma, size) * MINUTE_US
    return np.minimum(delay, 3 * DAY_US).astype(np.int64)


def large_purchases(world: World, rng: np.random.Generator, size: int) -> Traffic:
    """Cars, phones, building work, deposits: a large amount to a person or shop that is often unknown to the payer."""
    payer = choose(rng, world.people.activity * world.people.income_reais, size)
    shops = world.of_kind(Kind.MERCHANT)
    payee = np.where(chance(rng, 0.65, size), rng.integers(0, len(world.people), size), rng.choice(shops, size))
    median = world.people.income_reais[payer] * 0.4
    amount = amounts.rounded(rng, amounts.lognormal(rng, median, 0.95, size), 0.65)
    time_us = OFFICE.sample(rng, world.calendar, size, world.people.shift_us[payer])
    return traffic(time_us, amount, payer, payee, initiations(rng, TYPED, size))


def parties(world: World, rng: np.random.Generator, size: int) -> Traffic:
    """Collections: within hours many pay one person about the same; that person then pays for the party."""
    count = max(1, size // 13)
    host, guests = payers(world, rng, count), rng.integers(4, 22, count)
    starts = times(world, rng, EVERYDAY, host)
    party = np.repeat(np.arange(count), guests)
    guest = friends_of(world, rng, host[party])
    guest = np.where(chance(rng, 0.55, len(party)), friends_of(world, rng, guest), guest)
    due = amounts.rounded(rng, amounts.lognormal(rng, 45.0, 0.8, count), 0.9)
    given = np.where(chance(rng, 0.8, len(party)), due[party], amounts.rounded(rng, due[party] + 10_00, 1.0))
    time_us = starts[party] + delays_us(rng, 500, 1.3, len(party))
    collected = traffic(time_us, given, guest, host[party], initiations(rng, TYPED, len(party)))
    total = np.bincount(party, given, count)
    spent = np.maximum(1_00, (total * rng.uniform(0.7, 1.15, count)).astype(np.int64))
    shops = world.of_kind(Kind.MERCHANT)
    payee = np.where(chance(rng, 0.5, count), rng.choice(shops, count), rng.integers(0, len(world.people), count))
    paid_at = starts + delays_us(rng, 1_200, 0.8, count)
    return concatenate([collected, traffic(paid_at, spent, host, payee, initiations(rng, TYPED, count))])


def errands(world: World, rng: np.random.Generator, size: int) -> Traffic:
    """Bursts: three to seven payments within an hour or so, to shops and people, when moving house or building one."""
    count = max(1, size // 5)
    person, steps = payers(world, rng, count), rng.integers(3, 8, count)
    burst = np.repeat(np.arange(count), steps)
    payer, shops = person[burst], world.of_kind(Kind.MERCHANT)
    anybody = rng.integers(0, len(world.people), len(burst))
    payee = np.where(chance(rng, 0.55, len(burst)), anybody, rng.choice(shops, len(burst)))
    scale = np.exp(0.9 * rng.standard_normal(count))[burst]
    amount = amounts.rounded(rng, amounts.lognormal(rng, 160.0 * scale, 0.8, len(burst)), 0.6)
    time_us = times(world, rng, EVERYDAY, person)[burst] + delays_us(rng, 25, 1.0, len(burst))
    return traffic(time_us, amount, payer, payee, initiations(rng, TYPED, len(burst)))


def mistakes(world: World, rng: np.random.Generator, size: int) -> Traffic:
    """Payments to a wrong person, most of which come back, the same amount, within hours."""
    count = max(1, size // 2)
    payer = payers(world, rng, count)
    payee = rng.integers(0, len(world.people), count)
    amount = amounts.rounded(rng, amounts.lognormal(rng, 110.0, 1.2, count), 0.6)
    time_us = times(world, rng, EVERYDAY, payer)
    sent = traffic(time_us, amount, payer, payee, initiations(rng, TYPED, count))
    back = sent.take(chance(rng, 0.85, count))
    returned_at = back.time_us + delays_us(rng, 90, 1.4, len(back))
    how = initiations(rng, TYPED, len(back))
    return concatenate([sent, traffic(returned_at, back.amount_centavos, back.payee, back.payer, how)])


def passed_on(world: World, rng: np.random.Generator, received: Traffic) -> Traffic:
    """Money for somebody else's purchase: what a relative or friend sent is paid out within minutes."""
    delay = delays_us(rng, 14, 1.3, len(received))
    kept = rng.choice([1.0, 1.0, 0.98, 0.9, 0.5], len(received))
    amount = np.maximum(1_00, (received.amount_centavos * kept).astype(np.int64))
    shops, size = world.of_kind(Kind.MERCHANT), len(received)
    shop = shops[choose(rng, zipf(len(shops)), size)]
    person = np.where(chance(rng, 0.5, size), rng.integers(0, len(world.people), size),
                      household_mates(world, rng, received.payee))  # fmt: skip
    payee = np.where(chance(rng, 0.5, size), shop, person)
    return traffic(received.time_us + delay, amount, received.payee, payee, initiations(rng, TYPED, size))


def till_sweeps(world: World, rng: np.random.Generator, sales: Traffic) -> Traffic:
    """Sellers who move the day's takings in the evening: to a supplier, somebody at home or their own account."""
    day = (sales.time_us - world.calendar.start_us) // DAY_US
    group, row = np.unique(sales.payee * world.calendar.days + day, return_inverse=True)
    taken = np.bincount(row, sales.amount_centavos)
    last = np.zeros(len(group), dtype=np.int64)
    np.maximum.at(last, row, sales.time_us)
    swept = chance(rng, 0.3, len(group))
    seller, size = group[swept] // world.calendar.days, int(swept.sum())
    amount = np.maximum(1_00, (taken[swept] * rng.uniform(0.5, 1.0, size)).astype(np.int64))
    own, mate = world.people.own_account[seller], household_mates(world, rng, seller)
    supplier = world.people.favourites[seller, 0]
    payee = np.where(chance(rng, 0.45, size), supplier, np.where(own >= 0, own, mate))
    how = initiations(rng, TYPED, size)
    return traffic(last[swept] + delays_us(rng, 20, 1.4, size), amounts.rounded(rng, amount, 0.5), seller, payee, how)


def small_business(world: World, rng: np.random.Generator, size: int) -> Traffic:
    """People whose account fills in bursts: raffles, informal lenders, online sellers who appear for a week."""
    count = max(1, size // 12)
    owner = rng.integers(0, len(world.people), count)
    opens = times(world, rng, EVERYDAY, owner)
    sale = np.repeat(np.arange(count), rng.integers(4, 21, count))
    payer = payers(world, rng, len(sale))
    price = np.exp(0.8 * rng.standard_normal(count))[sale]
    amount = amounts.rounded(rng, amounts.lognormal(rng, 150.0 * price, 0.6, len(sale)), 0.6)
    time_us = opens[sale] + (rng.exponential(3.0, len(sale)) * DAY_US).astype(np.int64)
    sold = traffic(time_us, amount, payer, owner[sale], initiations(rng, TYPED, len(sale)))
    return concatenate([sold, passed_on(world, rng, sold.take(chance(rng, 0.3, len(sold))))])


OCCASIONS = (
    ("large purchases", large_purchases, 0.006),
    ("parties", parties, 0.02),
    ("errands", errands, 0.02),
    ("mistakes", mistakes, 0.003),
    ("small business", small_business, 0.02),
)
PASSED_ON_SHARE = 0.08
