"""Who reports which payment, when it becomes known, with what outcome: the labels, months late, not always right.

A report takes the time a victim needs to notice (typology-specific) and up to 7 days of analysis (up to 11 for onward
movements, MED 2.0). Claims end 80 days after the payment, so a label is at most 90 days late.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import IntEnum

import numpy as np

from pixguard.simulate.config import Story
from pixguard.simulate.randomness import Floats, Ints, Mask, chance, choose
from pixguard.simulate.rhythm import DAY_US, HOUR_US
from pixguard.simulate.traffic import Traffic
from pixguard.simulate.world import Kind, World


class Situation(IntEnum):
    """Situation of an infraction report; the names are the contract's."""

    SCAM = 0
    ACCOUNT_TAKEOVER = 1
    COERCION = 2
    FRAUDULENT_ACCESS = 3
    OTHER = 4
    UNKNOWN = 5


@dataclass(frozen=True)
class Habit:
    """How victims of a typology report: how many do, the median of days until they do, its log-scale spread."""

    share: float
    median_days: float
    sigma: float
    situation: Situation


HABITS = {
    Story.FAKE_CALL_CENTRE: Habit(0.92, 0.6, 1.2, Situation.SCAM),
    Story.MESSAGING_CLONE: Habit(0.90, 0.4, 1.3, Situation.SCAM),
    Story.REMOTE_ACCESS: Habit(0.95, 0.3, 1.2, Situation.FRAUDULENT_ACCESS),
    Story.QR_SWAP: Habit(0.80, 5.0, 1.1, Situation.SCAM),
    Story.INVESTMENT_SCAM: Habit(0.80, 12.0, 1.0, Situation.SCAM),
    Story.WRONG_PIX: Habit(0.80, 4.0, 1.0, Situation.SCAM),
    Story.ACCOUNT_TAKEOVER: Habit(0.96, 0.8, 1.2, Situation.ACCOUNT_TAKEOVER),
    Story.COERCION: Habit(0.88, 0.4, 1.0, Situation.COERCION),
    Story.CONSENT_ABUSE: Habit(0.93, 0.5, 1.0, Situation.FRAUDULENT_ACCESS),
}
LATEST_CLAIM_DAYS, LATEST_LABEL_DAYS = 80, 90
_ACCEPTED, _TRACED, _FORGOTTEN = 0.95, 0.9, 0.03
_FALSE_PER_FRAUD, _FALSE_PER_PAYMENT, _FALSE_ACCEPTED = 0.12, 1e-5, 0.12
_BAIT_DISPUTED, _BAIT_ACCEPTED = 0.5, 0.15


@dataclass(frozen=True)
class Reports:
    """Decided reports, one array [reports] a field; `row` is the payment's row, `situation` -1 where none is given."""

    row: Ints
    is_fraud: Mask
    situation: Ints
    reported_us: Ints
    known_us: Ints

    def __len__(self) -> int:
        return len(self.row)

    def take(self, rows: Ints | Mask) -> Reports:
        """Return the chosen reports, by index or mask."""
        return Reports(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})


def report(world: World, paid: Traffic, story_of_chain: Ints, rng: np.random.Generator) -> Reports:
    """Return all reports about the payments, true and false ones, ordered by the time they became known."""
    true = _of_chains(paid, story_of_chain, rng)
    bait = _of_bait(paid, rng)
    false = _of_honest(world, paid, round(_FALSE_PER_FRAUD * len(true) + _FALSE_PER_PAYMENT * len(paid)), rng)
    reopened = true.take(true.is_fraud & chance(rng, 0.02, len(true)))
    both = _in_time(paid, _joined(true, bait, false, _first_refusals(reopened, rng)))
    return both.take(np.lexsort((both.row, both.known_us)))


def _of_chains(paid: Traffic, story_of_chain: Ints, rng: np.random.Generator) -> Reports:
    """Victims report all of a case at once, after its last payment; onward movements are traced from there."""
    chains = len(story_of_chain)
    rows = np.flatnonzero(paid.story > Story.BAIT)
    own, chain = paid.hop[rows] == 0, paid.chain[rows]
    last_us = np.zeros(chains, dtype=np.int64)
    np.maximum.at(last_us, chain[own], paid.time_us[rows[own]])
    noticed_us, reported = _noticed(story_of_chain, rng)
    reported_us = (last_us + noticed_us)[chain]
    decided_us = _analysis_us(rng, chains, 7)
    accepted = chance(rng, _ACCEPTED, chains)
    traced_us = np.where(own, 0, _analysis_us(rng, len(rows), 4))
    told = reported[chain] & np.where(
        own, chance(rng, 1 - _FORGOTTEN, len(rows)), accepted[chain] & chance(rng, _TRACED, len(rows))
    )
    known_us = np.maximum(reported_us + decided_us[chain] + traced_us, paid.time_us[rows] + HOUR_US)
    reported_us = np.clip(reported_us, paid.time_us[rows], known_us)
    situation = np.where(own, _situations(story_of_chain, rng)[chain], Situation.OTHER)
    return Reports(rows, accepted[chain], situation, reported_us, known_us).take(told)


def _noticed(story: Ints, rng: np.random.Generator) -> tuple[Ints, Mask]:
    """Return how long each victim needs to report, microseconds, and whether the victim ever does."""
    habits = [HABITS.get(Story(s), Habit(0.0, 1.0, 1.0, Situation.UNKNOWN)) for s in range(len(Story))]
    share, median, sigma = (np.array([getattr(h, name) for h in habits]) for name in ("share", "median_days", "sigma"))
    days = median[story] * np.exp(sigma[story] * rng.standard_normal(len(story)))
    return (days * DAY_US).astype(np.int64), chance(rng, share[story], len(story))


def _situations(story: Ints, rng: np.random.Generator) -> Ints:
    """Return the situation that each report names: mostly the right one, sometimes vague, seldom none."""
    right = np.array([HABITS[Story(s)].situation if Story(s) in HABITS else Situation.OTHER for s in range(len(Story))])
    named = np.array([0, Situation.OTHER, Situation.UNKNOWN, -1])
    vague = choose(rng, np.array([0.90, 0.04, 0.04, 0.02]), len(story))
    return np.where(vague == 0, right[story], named[vague])


def _analysis_us(rng: np.random.Generator, size: int, days: float) -> Ints:
    return (HOUR_US + rng.beta(1.3, 2.2, size) * (days * DAY_US - HOUR_US)).astype(np.int64)


def _of_bait(paid: Traffic, rng: np.random.Generator) -> Reports:
    """Fraudsters dispute the bait of the wrong-Pix story; the refund is mostly refused."""
    rows = np.flatnonzero(paid.story == Story.BAIT)
    rows = rows[chance(rng, _BAIT_DISPUTED, len(rows))]
    return _decided(paid, rows, _BAIT_ACCEPTED, 1.0, rng)


def _of_honest(world: World, paid: Traffic, count: int, rng: np.random.Generator) -> Reports:
    """Disputes about goods, regrets and errors: people report honest payments to people, large ones more often."""
    rows = rng.integers(0, len(paid), count * 40)
    to_person = world.kind[paid.payee[rows]] == Kind.PERSON
    weight = np.sqrt(paid.amount_centavos[rows]) * to_person * (paid.story[rows] == Story.HONEST)
    chosen = np.unique(rows[choose(rng, weight, count)]) if weight.sum() > 0 else rows[:0]
    return _decided(paid, chosen, _FALSE_ACCEPTED, 5.0, rng)


def _decided(paid: Traffic, rows: Ints, accepted: float, median_days: float, rng: np.random.Generator) -> Reports:
    days: Floats = rng.lognormal(np.log(median_days), 1.1, len(rows))
    reported_us = paid.time_us[rows] + (days * DAY_US).astype(np.int64)
    outcome = chance(rng, accepted, len(rows))
    situation = np.where(outcome, Situation.SCAM, np.where(chance(rng, 0.5, len(rows)), Situation.UNKNOWN, -1))
    return Reports(rows, outcome, situation, reported_us, reported_us + _analysis_us(rng, len(rows), 7))


def _first_refusals(reopened: Reports, rng: np.random.Generator) -> Reports:
    """Reports that were refused before they were opened again and accepted."""
    span = reopened.known_us - reopened.reported_us
    known_us = reopened.reported_us + (span * rng.uniform(0.2, 0.8, len(span))).astype(np.int64)
    return Reports(reopened.row, ~reopened.is_fraud, reopened.situation, reopened.reported_us, known_us)


def _joined(*parts: Reports) -> Reports:
    return Reports(**{f.name: np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Reports)})


def _in_time(paid: Traffic, reports: Reports) -> Reports:
    """Drop claims that came too late and decisions later than any label."""
    since = reports.reported_us - paid.time_us[reports.row]
    late = reports.known_us - paid.time_us[reports.row]
    return reports.take((since <= LATEST_CLAIM_DAYS * DAY_US) & (late <= LATEST_LABEL_DAYS * DAY_US))
