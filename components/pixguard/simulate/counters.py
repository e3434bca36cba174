"""DICT anti-fraud counters of both sides as an institution sees them: up to 12 hours old, true to what is known then.

Each counter is a number of intervals that are active at the moment of the snapshot: a settlement counts for 90 days, a
marker or a refusal for 90 days from its decision, an open report from the report to the decision.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from pixguard.simulate.config import Story
from pixguard.simulate.randomness import Ints, chance
from pixguard.simulate.reports import Reports
from pixguard.simulate.rhythm import DAY_US, HOUR_US
from pixguard.simulate.traffic import Traffic
from pixguard.simulate.world import Kind, World

HORIZON_US = 90 * DAY_US
REFRESHED_US = 12 * HOUR_US
# Keys pack an account with a time in milliseconds since well before the simulation: 2^41 ms are 69 years.
_TIME_BITS = 41
_US_PER_MS = 1_000


@dataclass(frozen=True)
class Intervals:
    """Intervals [start, end) of accounts, one array [intervals] a field, microseconds."""

    account: Ints
    start_us: Ints
    end_us: Ints
    origin_us: int

    @cached_property
    def _starts(self) -> Ints:
        return np.sort(_keys(self.account, self.start_us, self.origin_us))

    @cached_property
    def _ends(self) -> Ints:
        return np.sort(_keys(self.account, self.end_us, self.origin_us))

    def active(self, keys: Ints) -> Ints:
        """Return how many intervals of each account are active at each time, both given by `keys`."""
        # Both sums count all intervals of the accounts before this one, which cancel.
        begun, ended = (np.searchsorted(sorted_keys, keys, side="right") for sorted_keys in (self._starts, self._ends))
        return begun - ended


def _keys(account: Ints, time_us: Ints, origin_us: int) -> Ints:
    return (account << _TIME_BITS) + np.maximum(0, (time_us - origin_us) // _US_PER_MS)


@dataclass(frozen=True)
class Dict:
    """What DICT knows about all accounts over time; `view` gives the counters of one side of the payments."""

    world: World
    settlements: Intervals
    settled_before: Ints
    fraud_markers: Intervals
    mule_markers: Intervals
    open_reports: Intervals
    rejected_reports: Intervals
    reporters: Intervals
    registered_accounts: Ints
    phase_us: Ints

    def view(self, account: Ints, time_us: Ints) -> dict[str, Ints]:
        """Return each counter, int64 [rows], as of the account's last refresh before each time."""
        phase = self.phase_us[account]
        seen_us = (time_us - phase) // REFRESHED_US * REFRESHED_US + phase
        keys = _keys(account, seen_us, self.settlements.origin_us)
        order = np.argsort(keys)  # one sort for all counters: lookups in order stay in the cache
        keys = keys[order]

        def active(intervals: Intervals) -> Ints:
            counts = np.empty(len(keys), dtype=np.int64)
            counts[order] = intervals.active(keys)
            return counts

        return {
            "dict_settlements_d90": self._older(account, seen_us) + active(self.settlements),
            "dict_fraud_markers_d90": active(self.fraud_markers),
            "dict_mule_markers_d90": active(self.mule_markers),
            "dict_open_reports": active(self.open_reports),
            "dict_rejected_reports_d90": active(self.rejected_reports),
            "dict_distinct_reporters_d90": active(self.reporters),
            "dict_registered_accounts": self.registered_accounts[account],
        }

    def _older(self, account: Ints, seen_us: Ints) -> Ints:
        """Settlements from before the simulation that are still within 90 days."""
        elapsed = np.clip((seen_us - self.world.calendar.start_us) / HORIZON_US, 0, 1)
        return np.round(self.settled_before[account] * (1 - elapsed)).astype(np.int64)


def keep_dict(world: World, paid: Traffic, reports: Reports, rng: np.random.Generator) -> Dict:
    """Return the counters that the payments and the reports about people's accounts lead to."""
    origin = world.calendar.start_us - 2 * HORIZON_US

    def intervals(account: Ints, start_us: Ints, end_us: Ints | None = None) -> Intervals:
        return Intervals(account, start_us, start_us + HORIZON_US if end_us is None else end_us, origin)

    old_account, old_us = _older_markers(world, rng)
    accused = reports.take(world.kind[paid.payee[reports.row]] == Kind.PERSON)
    account, guilty = paid.payee[accused.row], accused.is_fraud
    mule = guilty & ((paid.story[accused.row] == Story.MULE_CHAIN) | chance(rng, 0.6, len(accused)))
    reporter = world.institution[paid.payer[accused.row]]
    return Dict(
        world=world,
        settlements=intervals(paid.payee, paid.time_us),
        settled_before=_settled_before(world, paid, rng),
        fraud_markers=intervals(*_both(account[guilty], accused.known_us[guilty], old_account, old_us)),
        mule_markers=intervals(*_both(account[mule], accused.known_us[mule], old_account[::2], old_us[::2])),
        open_reports=intervals(account, accused.reported_us, accused.known_us),
        rejected_reports=intervals(account[~guilty], accused.known_us[~guilty]),
        reporters=intervals(*_first_by_reporter(account[guilty], reporter[guilty], accused.known_us[guilty])),
        registered_accounts=1 + rng.poisson(np.where(world.kind == Kind.PERSON, 1.7, 0.5)),
        phase_us=rng.integers(0, REFRESHED_US, len(world.kind)),
    )


def _both(account: Ints, time_us: Ints, more: Ints, more_us: Ints) -> tuple[Ints, Ints]:
    return np.concatenate([account, more]), np.concatenate([time_us, more_us])


def _older_markers(world: World, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Markers from before the simulation: a few accounts have one, whatever they do now."""
    people = len(world.people)
    marked = np.repeat(np.arange(people), rng.poisson(0.006, people))
    start_us = world.calendar.start_us
    since_us = np.maximum(start_us - HORIZON_US, world.opened_us[marked])
    drawn = since_us + (rng.random(len(marked)) * (start_us - since_us)).astype(np.int64)
    return marked[since_us < start_us], drawn[since_us < start_us]


def _settled_before(world: World, paid: Traffic, rng: np.random.Generator) -> Ints:
    """Settlements of the 90 days before the simulation, at the rate of the account's honest receipts within it."""
    honest = np.bincount(paid.payee[paid.story == Story.HONEST], minlength=len(world.kind))
    days = np.clip((world.calendar.start_us - world.opened_us) / DAY_US, 0, 90)
    return rng.poisson(honest / world.calendar.days * days)


def _first_by_reporter(account: Ints, reporter: Ints, known_us: Ints) -> tuple[Ints, Ints, Ints]:
    """Return intervals in which a reporter counts once: from each marker until the same reporter's next, or 90 days."""
    pair = account * 1_000 + reporter
    order = np.lexsort((known_us, pair))
    pair, start_us = pair[order], known_us[order]
    end_us = start_us + HORIZON_US
    again = np.flatnonzero(pair[1:] == pair[:-1])
    end_us[again] = np.minimum(end_us[again], start_us[again + 1])
    return account[order], start_us, end_us
