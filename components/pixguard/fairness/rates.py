"""Who is stopped, and who is stopped in vain: rates by cohort with intervals, and against everybody else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixguard.metrics.inputs import BoolArray, FloatArray
from pixguard.metrics.resampling import Groups
from pixguard.performance.labelled import Labelled

MIN_ROWS = 200
MIN_HITS = 10  # among a cohort and among the others: a ratio of smaller counts says nothing
DISPARITY = 1.25
"""The four-fifths rule turned round (EEOC 1978, 29 CFR 1607.4): stopped more than 5/4 as often as everybody else."""
RESAMPLES = 300
LEVEL = 0.99  # a few dozen cohorts are looked at


@dataclass(frozen=True)
class Rate:
    """A share with its interval, and the ratio of the cohort's to that of all others; None where rows are too few."""

    hits: float
    rows: float
    share: float | None
    low: float | None
    high: float | None
    ratio: float | None = None
    ratio_low: float | None = None
    ratio_high: float | None = None

    @property
    def disparate(self) -> bool:
        """Whether the cohort is shown to be stopped more often than allowed."""
        return self.ratio_low is not None and self.ratio_low > DISPARITY


@dataclass(frozen=True)
class CohortRates:
    """One cohort: alerts among all its payments, and alerts among its honest ones."""

    cohort: str
    value: str
    alerts: Rate
    false_alerts: Rate


def rates(everybody: Labelled, judged: Labelled, *, resamples: int = RESAMPLES) -> list[CohortRates]:
    """Return the rates of every cohort. `everybody`: all decisions; `judged`: those with a truth, weights and all.

    False alerts need the truth of stopped payments: with exploration `judged` has it without bias, without it only
    what analysts looked at (see `pixguard.performance.labelled`).
    """
    found = []
    for cohort, values in everybody.cohorts.items():
        names, codes = np.unique(values, return_inverse=True)
        theirs = judged.cohorts[cohort]
        alerts = _rates(codes, names.size, everybody.alert, everybody.weight, everybody.payer, resamples)
        known = np.isin(theirs, names)
        rows = judged.take(known & ~judged.y)
        places = np.searchsorted(names, theirs[known & ~judged.y])
        false = _rates(places, names.size, rows.alert, rows.weight, rows.payer, resamples)
        pairs = zip(names, alerts, false, strict=True)
        found += [CohortRates(cohort, str(name), one, other) for name, one, other in pairs]
    return found


def _rates(  # noqa: PLR0917
    codes: NDArray[Any], size: int, hit: BoolArray, weight: FloatArray, payer: NDArray[np.int64], resamples: int
) -> list[Rate]:  # fmt: skip
    """Return the rate of each of `size` cohorts and its ratio to the others, resampling payers (cluster bootstrap)."""
    if not codes.size:
        return [Rate(0, 0, None, None, None)] * size
    groups = Groups.of(codes.size, payer)
    draws = [groups.once(), *groups.resamples(resamples, seed=0)]
    hits, rows = (np.stack([_sums(codes, size, part * draw[groups.codes]) for draw in draws])
                  for part in (weight * hit, weight))  # fmt: skip
    counted = np.bincount(codes[hit], minlength=size)
    return [_rate(hits[:, n], rows[:, n], hits.sum(axis=1), rows.sum(axis=1), int(counted[n]), int(hit.sum()))
            for n in range(size)]  # fmt: skip


def _sums(codes: NDArray[Any], size: int, values: FloatArray) -> FloatArray:
    return np.bincount(codes, weights=values, minlength=size)


def _rate(  # noqa: PLR0917
    hits: FloatArray, rows: FloatArray, all_hits: FloatArray, all_rows: FloatArray, counted: int, all_counted: int
) -> Rate:
    if rows[0] < MIN_ROWS:
        return Rate(float(hits[0]), float(rows[0]), None, None, None)
    share = np.divide(hits, rows, out=np.zeros_like(hits), where=rows > 0)
    low, high = np.quantile(share[1:], [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    plain = (float(hits[0]), float(rows[0]), float(share[0]), float(low), float(high))
    others, other_rows = all_hits - hits, all_rows - rows
    if counted < MIN_HITS or all_counted - counted < MIN_HITS or (others <= 0).any() or (other_rows <= 0).any():
        return Rate(*plain)
    ratio = share / (others / other_rows)
    ends = np.quantile(ratio[1:], [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Rate(*plain, float(ratio[0]), float(ends[0]), float(ends[1]))
