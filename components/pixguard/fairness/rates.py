"""Who is stopped, and who is stopped in vain: rates by cohort with intervals, and against everybody else.

Payments of one payer are not independent: intervals are those of ratios of sums over payers, by linearisation
(Woodruff 1971, J. Am. Stat. Assoc. 66), on the logarithm, where a share cannot fall below 0. One pass, no resampling.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from pixguard.metrics.inputs import FloatArray
from pixguard.performance.labelled import Labelled

MIN_ROWS = 200
MIN_HITS = 10  # among a cohort and among the others: a ratio of smaller counts says nothing
DISPARITY = 1.25
"""The four-fifths rule turned round (EEOC 1978, 29 CFR 1607.4): stopped more than 5/4 as often as everybody else."""
LEVEL = 0.99  # a few dozen cohorts are looked at
_Z = NormalDist().inv_cdf((1 + LEVEL) / 2)


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


def rates(everybody: Labelled, judged: Labelled) -> list[CohortRates]:
    """Return the rates of every cohort. `everybody`: all decisions; `judged`: those with a truth, weights and all.

    False alerts need the truth of stopped payments: with exploration `judged` has it without bias, without it only
    what analysts looked at (see `pixguard.performance.labelled`).
    """
    found, honest = [], judged.take(~judged.y)
    for cohort, values in everybody.cohorts.items():
        names, codes = np.unique(values, return_inverse=True)
        theirs = honest.cohorts[cohort]
        known = np.isin(theirs, names)
        rows, places = honest.take(known), np.searchsorted(names, theirs[known])
        pairs = zip(names, _rates(everybody, codes, names.size), _rates(rows, places, names.size), strict=True)
        found += [CohortRates(cohort, str(name), one, other) for name, one, other in pairs]
    return found


@dataclass(frozen=True)
class _Sums:
    """Weighted alerts and payments of each payer in each cohort that it is in, and of each payer [pairs]."""

    cohort: NDArray[np.int64]
    hits: FloatArray
    rows: FloatArray
    payer_hits: FloatArray  # of the pair's payer, in all cohorts
    payer_rows: FloatArray
    squares: tuple[float, float, float]  # over payers: hits², hits · rows, rows²

    @classmethod
    def of(cls, rows: Labelled, codes: NDArray[np.int64], size: int) -> _Sums:
        payers, payer = np.unique(rows.payer, return_inverse=True)
        pairs, pair = np.unique(payer * size + codes, return_inverse=True)
        alerts = rows.weight * rows.alert
        h, n = (np.bincount(payer, weights=each, minlength=payers.size) for each in (alerts, rows.weight))
        hits, whole = (np.bincount(pair, weights=each, minlength=pairs.size) for each in (alerts, rows.weight))
        squares = (float(h @ h), float(h @ n), float(n @ n))
        return cls(pairs % size, np.asarray(hits), np.asarray(whole), h[pairs // size], n[pairs // size], squares)

    def over(self, values: FloatArray, size: int) -> FloatArray:
        """Return the sum of values of pairs over each cohort."""
        return np.asarray(np.bincount(self.cohort, weights=values, minlength=size), dtype=np.float64)


def _rates(rows: Labelled, codes: NDArray[np.int64], size: int) -> list[Rate]:
    """Return the rate of each of `size` cohorts and its ratio to everybody else's."""
    if not len(rows):
        return [Rate(0, 0, None, None, None)] * size
    sums, counted = _Sums.of(rows, codes, size), np.bincount(codes[rows.alert], minlength=size)
    hits, whole = sums.over(sums.hits, size), sums.over(sums.rows, size)
    share = np.divide(hits, whole, out=np.zeros(size), where=whole > 0)
    other_hits, other_rows = hits.sum() - hits, whole.sum() - whole
    other = np.divide(other_hits, other_rows, out=np.zeros(size), where=other_rows > 0)
    mine = sums.hits - share[sums.cohort] * sums.rows
    theirs = sums.payer_hits - other[sums.cohort] * sums.payer_rows - (sums.hits - other[sums.cohort] * sums.rows)
    own = sums.over(mine**2, size)
    both, others = sums.over(mine * theirs, size), _spread(sums, other, theirs, size)
    found = []
    for n in range(size):
        judged = whole[n] >= MIN_ROWS
        plain = Rate(
            float(hits[n]), float(whole[n]), *(_share(share[n], hits[n], whole[n], own[n]) if judged else (None,) * 3)
        )
        if judged and counted[n] >= MIN_HITS and counted.sum() - counted[n] >= MIN_HITS:
            variance = own[n] / hits[n] ** 2 - 2 * both[n] / hits[n] / other_hits[n] + others[n] / other_hits[n] ** 2
            low, high = _around(share[n] / other[n], variance)
            plain = replace(plain, ratio=float(share[n] / other[n]), ratio_low=low, ratio_high=high)
        found.append(plain)
    return found


def _spread(sums: _Sums, other: FloatArray, theirs: FloatArray, size: int) -> FloatArray:
    """Return the sum over all payers of the square of what each adds to the others' residual [cohorts].

    A payer with no payment in the cohort adds its whole residual; for one that has some, that is replaced by `theirs`.
    """
    hh, hn, nn = sums.squares
    everybody = hh - 2 * other * hn + other**2 * nn
    whole = sums.payer_hits - other[sums.cohort] * sums.payer_rows
    return np.asarray(everybody + sums.over(theirs**2 - whole**2, size))


def _share(share: float, hits: float, rows: float, spread: float) -> tuple[float, float, float]:
    if hits <= 0:
        return 0.0, 0.0, float(min(1.0, -np.log((1 - LEVEL) / 2) / rows))  # the rule of three, for this level
    low, high = _around(share, spread / hits**2)
    return float(share), low, min(1.0, high)


def _around(value: float, variance: float) -> tuple[float, float]:
    """Return the interval of a positive number, given the variance of its logarithm."""
    width = _Z * float(np.sqrt(max(variance, 0.0)))
    return float(value * np.exp(-width)), float(value * np.exp(width))
