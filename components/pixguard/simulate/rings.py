"""Fraud rings: who recruits which mule accounts for how long, and the cases (one victim, one story) they work on."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from pixguard.simulate.config import SimulationConfig, Story
from pixguard.simulate.randomness import Floats, Ints, Mask, chance, choose, stream
from pixguard.simulate.rhythm import DAY_US, EVERYDAY, NIGHT, OFFICE, Rhythm
from pixguard.simulate.world import World

FIRST_MULES, SECOND_MULES, CREW_DEVICES = 4, 4, 2
_CANDIDATES = 14
_CASES_PER_RING = 11
# Payments that a case causes on average, onward movements included; measured on large worlds, only for planning.
_PAYMENTS_PER_CASE = 4.0
_SURPLUS = 1.6
_RHYTHMS = {
    Story.FAKE_CALL_CENTRE: OFFICE,
    Story.REMOTE_ACCESS: OFFICE,
    Story.ACCOUNT_TAKEOVER: NIGHT,
    Story.COERCION: NIGHT,
}


@dataclass(frozen=True)
class Rings:
    """Rings, one array [rings, …] a field; mules are account numbers, devices are numbers of crew devices.
    `earliest_us` is when the typology first appears in the simulation; cases before it are not seen.

    `haste` is the median of minutes until stolen money moves on; sweepers collect a day's money first.
    """

    story: Ints
    from_us: Ints
    until_us: Ints
    earliest_us: Ints
    mules: Ints  # [rings, FIRST_MULES]
    mule_count: Ints
    second_mules: Ints  # [rings, SECOND_MULES]
    devices: Ints  # [rings, CREW_DEVICES]
    haste_minutes: Floats
    sweeps: Mask
    uses_crew_device: Mask

    def __len__(self) -> int:
        return len(self.story)


@dataclass(frozen=True)
class Cases:
    """Cases of one story, one array [cases] a field: victim, begin, ring, the ring's mule, number of the chain."""

    victim: Ints
    start_us: Ints
    ring: Ints
    mule: Ints
    chain: Ints

    def __len__(self) -> int:
        return len(self.victim)

    def take(self, rows: Ints | Mask) -> Cases:
        """Return the chosen cases, by index or mask."""
        return Cases(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})

    def repeated(self, times: Ints) -> tuple[Cases, Ints]:
        """Return each case `times` times, and the position of each row within its case."""
        rows = np.repeat(np.arange(len(self)), times)
        first = np.repeat(np.cumsum(times) - times, times)
        return self.take(rows), np.arange(len(rows)) - first


@dataclass(frozen=True)
class Scene:
    """What a typology needs to play: the world, the rings, the cases of its story, and the dice."""

    world: World
    rings: Rings
    cases: Cases
    rng: np.random.Generator


def plan_rings(config: SimulationConfig, world: World) -> tuple[Rings, dict[Story, int]]:
    """Return the rings and the number of cases of each story that the prevalence asks for, with some surplus."""
    wanted = config.payments * config.prevalence / _PAYMENTS_PER_CASE * _SURPLUS
    shares = {item.story: item.share for item in config.typologies}
    total = sum(shares.values())
    # A typology that starts late strikes as often per day as its share says, in the days that are left.
    left = {item.story: 1 - item.first_day / config.days for item in config.typologies}
    cases = {s: int(np.ceil(wanted * share / total * left[s])) for s, share in shares.items() if share > 0}
    rings = {story: max(1, round(count / _CASES_PER_RING)) for story, count in cases.items()}
    story = np.repeat(np.array(list(rings), dtype=np.int64), list(rings.values()))
    first_day = {int(item.story): item.first_day for item in config.typologies}
    earliest = np.array([first_day[int(s)] for s in story], dtype=np.int64)
    return _recruit(world, stream(config.seed, "rings"), story, earliest), cases


def _recruit(world: World, rng: np.random.Generator, story: Ints, first_day: Ints) -> Rings:
    count, calendar = len(story), world.calendar
    length_us = (np.clip(rng.lognormal(np.log(6), 0.8, count), 0.5, 40) * DAY_US).astype(np.int64)
    earliest = calendar.start_us + first_day * DAY_US
    # Some rings are at work when the simulation begins or ends, so that fraud is as frequent at its edges.
    opens = earliest - length_us
    from_us = (opens + rng.random(count) * (calendar.end_us - opens)).astype(np.int64)
    mules = _choose_mules(world, rng, np.repeat(from_us, FIRST_MULES + SECOND_MULES))
    mules = mules.reshape(count, FIRST_MULES + SECOND_MULES)
    return Rings(
        story=story,
        from_us=from_us,
        until_us=from_us + length_us,
        earliest_us=earliest,
        mules=mules[:, :FIRST_MULES],
        mule_count=rng.integers(1, FIRST_MULES + 1, count),
        second_mules=mules[:, FIRST_MULES:],
        devices=np.arange(count * CREW_DEVICES).reshape(count, CREW_DEVICES),
        haste_minutes=np.exp(rng.normal(np.log(9), 1.0, count)),
        sweeps=chance(rng, 0.3, count),
        uses_crew_device=chance(rng, 0.5, count),
    )


def _choose_mules(world: World, rng: np.random.Generator, needed_us: Ints) -> Ints:
    """Return one account for each moment: a young, quiet or poor one more often, always opened before."""
    people, slots = world.people, len(needed_us)
    candidates = rng.integers(0, len(people), (slots, _CANDIDATES))
    age_days = (needed_us[:, None] - world.opened_us[candidates]) / DAY_US
    weight = (
        1
        + 9 * (age_days < 60)
        + 2 * (age_days < 365)
        + 3 * (people.activity[candidates] < 0.5)
        + 1.5 * (people.income_reais[candidates] < 2_000)
        + 2 * (world.institution[candidates] % 3 == 0)
    )
    score = np.log(weight) + rng.gumbel(size=weight.shape)
    score = np.where(age_days < 0.2, -np.inf, score)
    return np.asarray(candidates[np.arange(slots), score.argmax(axis=1)])


def open_cases(world: World, rings: Rings, story: Story, count: int, rng: np.random.Generator) -> Cases:
    """Return up to `count` cases of a story, chains numbered from 0: victims with an account, at the story's hours."""
    own = np.flatnonzero(rings.story == story)
    # Rings differ: a few are large, many work on a handful of victims.
    ring = own[choose(rng, rng.lognormal(0, 0.6, len(own)), count)]
    from_us, length_us = rings.from_us[ring], rings.until_us[ring] - rings.from_us[ring]
    moment = from_us + (rng.random(count) ** 1.2 * length_us).astype(np.int64)
    start_us = _at_usual_hours(world, rng, _RHYTHMS.get(story, EVERYDAY), moment)
    victim = _victims(world, rng, start_us)
    # Mules are used one after the other and burnt; some overlap.
    slot = (start_us - from_us) / np.maximum(1, length_us) * rings.mule_count[ring] + rng.normal(0, 0.35, count)
    mule = rings.mules[ring, np.clip(slot.astype(np.int64), 0, rings.mule_count[ring] - 1)]
    seen = (moment >= rings.earliest_us[ring]) & (moment < world.calendar.end_us)
    return Cases(victim, start_us, ring, mule, np.arange(count)).take(seen & (victim != mule))


def _at_usual_hours(world: World, rng: np.random.Generator, rhythm: Rhythm, moment_us: Ints) -> Ints:
    """Move moments within their day to hours of the rhythm."""
    calendar = world.calendar
    day = np.clip((moment_us - calendar.start_us) // DAY_US, 0, calendar.days - 1)
    return rhythm.on_days(rng, calendar, day)


def _victims(world: World, rng: np.random.Generator, start_us: Ints) -> Ints:
    """Return one person for each moment: active and better-off people more often, with an account by then."""
    people, count = world.people, len(start_us)
    candidates = rng.integers(0, len(people), (count, _CANDIDATES))
    weight = np.sqrt(people.activity[candidates]) * (people.income_reais[candidates] / 2_600) ** 0.3
    score = np.log(weight) + rng.gumbel(size=weight.shape)
    score = np.where(world.opened_us[candidates] >= start_us[:, None], -np.inf, score)
    return np.asarray(candidates[np.arange(count), score.argmax(axis=1)])


def with_other_mules(rings: Rings, cases: Cases, rng: np.random.Generator, share: float) -> Cases:
    """Send a share of the payments to another mule of the same ring."""
    other = rings.mules[cases.ring, rng.integers(0, rings.mule_count[cases.ring])]
    moved = chance(rng, share, len(cases)) & (other != cases.victim)
    return replace(cases, mule=np.where(moved, other, cases.mule))
