"""Matured decisions with their truth, as arrays: what every figure of performance is made of.

Two views of the same outcomes. *Observed*: every payment whose truth is known, those that an analyst looked at among
them; what was blocked and never looked at is absent, and it is absent because of its score: figures are biased.
*Explored*: payments that were let through, each counted 1 / (how likely that was); what exploration let through stands
for what it resembles, so figures are unbiased for all payments that had a chance (Horvitz and Thompson 1952).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pixguard.cohorts import AS_THEY_ARE, cohorts_of
from pixguard.metrics.inputs import BoolArray, FloatArray
from pixguard.outcomes import Outcomes, Status
from pixguard.outcomes.table import Int64s, micros_of

_COHORT_COLUMNS = (*AS_THEY_ARE, "amount_centavos", "payer_account_age_days", "payee_account_age_days")


@dataclass(frozen=True)
class Labelled:
    """Arrays [rows]; `alert` is what the policy meant: a payment that exploration let through was one."""

    y: BoolArray
    score: FloatArray  # calibrated probability
    alert: BoolArray
    amount_centavos: Int64s
    payer: Int64s
    event_us: Int64s
    weight: FloatArray
    place: Int64s  # row of the outcomes
    decisions: pa.Table

    def __len__(self) -> int:
        return int(self.y.size)

    @property
    def frauds(self) -> int:
        """Number of fraud rows, each counted once."""
        return int(self.y.sum())

    @property
    def weighted(self) -> bool:
        """Whether any row stands for others."""
        return bool((self.weight != 1).any())

    @cached_property
    def cohorts(self) -> dict[str, NDArray[np.str_]]:
        """Cohort → value of each row."""
        columns = {name: self.decisions[name].to_pylist() for name in _COHORT_COLUMNS}
        return {name: np.array(values, dtype=np.str_) for name, values in cohorts_of(columns, self.event_us).items()}

    @cached_property
    def day(self) -> NDArray[np.datetime64]:
        """UTC day of each payment."""
        return self.event_us.astype("datetime64[us]").astype("datetime64[D]")

    def thinned(self, most: int) -> Labelled:
        """Return all frauds and alerts, and of the other honest rows at most about `most`, standing for the rest.

        Those say little each, and are nearly all: without them a bootstrap of a month takes hours.
        """
        plain = ~self.y & ~self.alert
        count = int(plain.sum())
        if count <= most:
            return self
        drawn = np.random.default_rng(0).random(len(self)) < most / count
        weight = np.where(plain, self.weight * count / (plain & drawn).sum(), self.weight)
        return replace(self, weight=weight).take(~plain | drawn)

    def take(self, chosen: BoolArray) -> Labelled:
        """Return the rows of a mask."""
        return Labelled(
            y=self.y[chosen],
            score=self.score[chosen],
            alert=self.alert[chosen],
            amount_centavos=self.amount_centavos[chosen],
            payer=self.payer[chosen],
            event_us=self.event_us[chosen],
            weight=self.weight[chosen],
            place=self.place[chosen],
            decisions=self.decisions.filter(pa.array(chosen)),
        )


def decided(outcomes: Outcomes, version: str) -> Labelled:
    """Return all of a version's decisions, whatever is known of them: for rates of alerts alone, `y` says nothing."""
    chosen = _of(outcomes, version)
    return _labelled(outcomes, chosen, np.zeros(len(outcomes), dtype=np.bool_), np.ones(len(outcomes)))


def observed(outcomes: Outcomes, version: str, cut_off: datetime, maturity: timedelta) -> Labelled:
    """Return a version's matured decisions whose truth is known at the cut-off, each counted once."""
    status = outcomes.status(cut_off, maturity)
    chosen = _of(outcomes, version) & outcomes.matured(cut_off, maturity) & (status != str(Status.BLOCKED))
    return _labelled(outcomes, chosen, status == str(Status.FRAUD), np.ones(len(outcomes)))


def explored(outcomes: Outcomes, version: str, cut_off: datetime, maturity: timedelta) -> Labelled:
    """Return a version's matured decisions that were let through, counted by their inverse propensity."""
    chosen = _of(outcomes, version) & outcomes.matured(cut_off, maturity) & ~outcomes.blocked
    weight = 1 / np.where(chosen, outcomes.let_through, 1.0)
    return _labelled(outcomes, chosen, outcomes.labels(micros_of(cut_off)) == 1, weight)


def without_chance(outcomes: Outcomes, version: str, cut_off: datetime, maturity: timedelta) -> BoolArray:
    """Return which matured decisions of a version no exploration can speak for: they were blocked for sure [rows]."""
    ripe = outcomes.matured(cut_off, maturity)
    return np.asarray(_of(outcomes, version) & ripe & (outcomes.let_through == 0), dtype=np.bool_)


def _of(outcomes: Outcomes, version: str) -> BoolArray:
    return np.asarray(pc.equal(outcomes.decisions["version"], version).to_numpy(), dtype=np.bool_)


def _labelled(outcomes: Outcomes, chosen: BoolArray, y: BoolArray, weight: FloatArray) -> Labelled:
    alert, table = outcomes.blocked | (outcomes.let_through < 1), outcomes.decisions.filter(pa.array(chosen))
    payer = table["payer_id"].combine_chunks().dictionary_encode()
    return Labelled(
        y=y[chosen],
        score=table["probability"].to_numpy(),
        alert=alert[chosen],
        amount_centavos=table["amount_centavos"].to_numpy(),
        payer=np.asarray(payer.indices.to_numpy(), dtype=np.int64),
        event_us=outcomes.event_us[chosen],
        weight=weight[chosen],
        place=np.flatnonzero(chosen),
        decisions=table,
    )
