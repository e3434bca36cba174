"""The inhabitants of a Pix world: people, merchants, employers and billers, and how they know each other.

Accounts are numbered: people first, household by household, then organisations. The numbers never leave the
simulator; what leaves it are tokens of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from pixguard.simulate.config import SimulationConfig
from pixguard.simulate.places import INSTITUTION_WEIGHTS, REGION_WEIGHTS
from pixguard.simulate.randomness import Floats, Ints, Mask, chance, choose, stream, zipf
from pixguard.simulate.rhythm import DAY_US, HOUR_US, Calendar


class Kind(IntEnum):
    """What the holder of an account is."""

    PERSON = 0
    MERCHANT = 1
    MARKETPLACE = 2
    BETTING_HOUSE = 3
    EMPLOYER = 4
    BILLER = 5


class KeyType(IntEnum):
    """Type of a Pix key; the names are the contract's."""

    CPF = 0
    CNPJ = 1
    EMAIL = 2
    PHONE = 3
    EVP = 4


@dataclass(frozen=True)
class People:
    """Natural persons, one array [people] a field; relations are account numbers, -1 where there is none."""

    activity: Floats
    income_reais: Floats
    shift_us: Ints
    household: Ints
    household_start: Ints
    household_size: Ints
    friends: Ints  # [people, friends]
    favourites: Ints  # [people, merchants]
    employer: Ints
    own_account: Ints
    landlord: Ints
    is_seller: Mask
    has_raised_limit: Mask

    def __len__(self) -> int:
        return len(self.activity)


@dataclass(frozen=True)
class World:
    """Everybody: attributes of all accounts, one array [accounts] a field, and the people among them.

    `opened_us` is when the account was opened, `ticket_reais` the typical price of an organisation.
    """

    calendar: Calendar
    people: People
    kind: Ints
    region: Ints
    institution: Ints
    opened_us: Ints
    ticket_reais: Floats
    gives_cash: Mask
    key_type: Ints

    def of_kind(self, kind: Kind) -> Ints:
        """Return the account numbers of one kind."""
        return np.flatnonzero(self.kind == kind)


FRIENDS, FAVOURITES = 8, 10


def create_world(config: SimulationConfig) -> World:
    """Return the world of a configuration; the same seed gives the same world."""
    calendar = Calendar(config.start_date, config.days)
    kind = _kinds(config)
    region = choose(stream(config.seed, "regions"), REGION_WEIGHTS, len(kind))
    household = _households(stream(config.seed, "households"), config.person_count)
    region[: config.person_count] = region[household]  # one region a household
    rng = stream(config.seed, "accounts")
    people = _people(config, household, region, kind)
    return World(
        calendar=calendar,
        people=people,
        kind=kind,
        region=region,
        institution=choose(rng, INSTITUTION_WEIGHTS, len(kind)),
        opened_us=_opened(rng, kind, people.activity, calendar),
        ticket_reais=np.exp(rng.normal(np.log(48), 0.9, len(kind))),
        gives_cash=(kind == Kind.MERCHANT) & chance(rng, 0.12, len(kind)),
        key_type=_key_types(rng, kind),
    )


def _kinds(config: SimulationConfig) -> Ints:
    people = config.person_count
    organisations = {
        Kind.MERCHANT: config.merchant_count,
        Kind.MARKETPLACE: 6,
        Kind.BETTING_HOUSE: 5,
        Kind.EMPLOYER: max(10, people // 30),
        Kind.BILLER: 40,
    }
    counts = [people, *organisations.values()]
    return np.repeat(np.array([Kind.PERSON, *organisations], dtype=np.int64), counts)


def _households(rng: np.random.Generator, people: int) -> Ints:
    """Return the household of each person, households numbered from 0 in the order of people."""
    sizes = 1 + choose(rng, np.array([0.28, 0.27, 0.22, 0.16, 0.07]), people)
    return np.repeat(np.arange(people), sizes)[:people]


def _people(config: SimulationConfig, household: Ints, region: Ints, kind: Ints) -> People:
    count, rng = config.person_count, stream(config.seed, "people")
    income = np.maximum(500, 2_600 * np.exp(0.7 * rng.standard_normal(count)))
    sizes = np.bincount(household)
    salaried = chance(rng, 0.55, count)
    employers = np.flatnonzero(kind == Kind.EMPLOYER)
    employer = employers[choose(rng, zipf(len(employers), 0.8), count)]
    activity = np.exp(1.0 * rng.standard_normal(count)) * (income / 2_600) ** 0.3
    return People(
        activity=activity,
        income_reais=income,
        shift_us=_shifts(rng, count),
        household=household,
        household_start=np.concatenate([[0], np.cumsum(sizes)[:-1]]),
        household_size=sizes,
        friends=_friends(rng, region[:count], activity),
        favourites=_favourites(rng, region, kind, count),
        employer=np.where(salaried, employer, -1),
        own_account=_own_accounts(rng, count, activity),
        landlord=np.where(chance(rng, 0.22, count), rng.integers(0, count, count), -1),
        is_seller=chance(rng, 0.06, count),
        has_raised_limit=chance(rng, 0.25, count),
    )


def _shifts(rng: np.random.Generator, count: int) -> Ints:
    """Return how much later than others people live: about an hour, and some work at night."""
    hours = rng.normal(0, 1.1, count) + np.where(chance(rng, 0.04, count), rng.uniform(7, 13, count), 0)
    return (hours * HOUR_US).astype(np.int64)


def _friends(rng: np.random.Generator, region: Ints, activity: Floats) -> Ints:
    """Return friends [people, FRIENDS]: mostly of the same region, popular people more often."""
    count = len(region)
    order = np.argsort(region, kind="stable")
    sizes = np.bincount(region)
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    near = order[starts[region][:, None] + rng.integers(0, sizes[region][:, None], (count, FRIENDS))]
    far = choose(rng, np.sqrt(activity), count * FRIENDS).reshape(count, FRIENDS)
    friends = np.where(rng.random((count, FRIENDS)) < 0.75, near, far)
    myself = np.arange(count)[:, None]
    return np.where(friends == myself, (friends + 1) % count, friends)


def _favourites(rng: np.random.Generator, region: Ints, kind: Ints, count: int) -> Ints:
    """Return habitual merchants [people, FAVOURITES]: a third big ones, the others of the region where it has some."""
    merchants = np.flatnonzero(kind == Kind.MERCHANT)
    shape = (count, FAVOURITES)
    big = merchants[choose(rng, zipf(len(merchants)), count * FAVOURITES)].reshape(shape)
    order = merchants[np.argsort(region[merchants], kind="stable")]
    sizes = np.bincount(region[merchants], minlength=len(REGION_WEIGHTS))
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    here = sizes[region[:count]][:, None]
    near = order[starts[region[:count]][:, None] + (rng.random(shape) * here).astype(np.int64) - (here == 0)]
    return np.where((rng.random(shape) < 0.35) | (here == 0), big, near)


def _own_accounts(rng: np.random.Generator, count: int, activity: Floats) -> Ints:
    """Return the second account of a fifth of the people, elsewhere among the quiet accounts; -1 for the others."""
    quiet = np.flatnonzero(activity < np.median(activity))
    second = rng.permutation(quiet)
    owners = rng.permutation(count)[: min(count // 5, len(second))]
    own = np.full(count, -1, dtype=np.int64)
    own[owners] = second[: len(owners)]
    own[own == np.arange(count)] = -1
    return own


def _opened(rng: np.random.Generator, kind: Ints, activity: Floats, calendar: Calendar) -> Ints:
    """Return opening times: years ago for most, weeks ago for some, during the simulation for a few."""
    count = len(kind)
    age_days = np.clip(rng.lognormal(np.log(800), 0.8, count), 1, 4_500)
    draw, person = rng.random(count), kind == Kind.PERSON
    quiet = np.zeros(count, dtype=bool)
    quiet[: len(activity)] = activity < np.median(activity)
    age_days = np.where(person & (draw < np.where(quiet, 0.16, 0.06)), rng.uniform(0, 120, count), age_days)
    joins = person & (draw > np.where(quiet, 0.93, 0.985))
    age_days = np.where(joins, -rng.uniform(0, calendar.days, count), age_days)
    return calendar.start_us - (age_days * DAY_US).astype(np.int64)


def _key_types(rng: np.random.Generator, kind: Ints) -> Ints:
    """Return the type of the key that each account gives to its payers."""
    of_person = choose(rng, np.array([0.30, 0.0, 0.13, 0.40, 0.17]), len(kind))
    of_organisation = choose(rng, np.array([0.0, 0.40, 0.10, 0.08, 0.42]), len(kind))
    return np.where(kind == Kind.PERSON, of_person, of_organisation)
