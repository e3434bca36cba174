"""Bounds that hold at every look at once, so that a canary may be judged as often as one likes.

A share is bounded by the beta-binomial mixture: for hits k of n and a true share p, the ratio

    M_n(p) = B(k + 1/2, n - k + 1/2) / B(1/2, 1/2) / (p^k (1 - p)^(n - k))

is a martingale that begins at 1, so by Ville's inequality it ever reaches 1/alpha with probability at most alpha, and
the p with M_n(p) < 1/alpha hold the truth at all n at once with probability 1 - alpha (Robbins 1970, Ann. Math. Stat.
41; Howard, Ramdas, McAuliffe and Sekhon 2021, Ann. Stat. 49; the mixture is that of Krichevsky and Trofimov 1981). A
quantile is bounded by the shares below and above it (Howard and Ramdas 2022, Bernoulli 28).
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
_HALVINGS = 40  # a bound is exact to 2^-40 of the unit interval
_TINY = 1e-300
_LOG_PRIOR = math.log(math.pi)  # log B(1/2, 1/2)
_lgamma = np.frompyfunc(math.lgamma, 1, 1)


def share_bounds(hits: ArrayLike, trials: ArrayLike, alpha: ArrayLike) -> tuple[Floats, Floats]:
    """Return lower and upper bounds of shares, each at its level `alpha`; without trials 0 and 1. Arrays broadcast."""
    k, n, level = np.broadcast_arrays(*(np.asarray(each, dtype=np.float64) for each in (hits, trials, alpha)))
    best = np.divide(k, n, out=np.full(k.shape, 0.5), where=n > 0)
    mixture = _log_mixture(k, n)
    edge = np.log(1 / level)
    ends = np.stack([np.zeros(k.shape), np.ones(k.shape)])
    low, high = _crossing(k, n, mixture - edge, ends, best)
    return np.where(k == 0, 0.0, low), np.where(k == n, 1.0, high)


def quantile_bounds(
    edges: Sequence[float], counts: ArrayLike, quantile: float, alpha: float
) -> tuple[float, float] | None:
    """Return bounds of a quantile of values from 0 on, counted in buckets by upper edge; None of nothing.

    A bucket does not tell where in it a value lies: the bounds are its lower edge below and its upper edge above.
    """
    k = np.cumsum(np.asarray(counts, dtype=np.float64))
    n = np.full(k.shape, k[-1] if k.size else 0.0)
    if not k.size or n[0] == 0:
        return None
    below = np.concatenate([[0.0], k[:-1]])
    enough = (k >= quantile * n) | _compatible(k, n, quantile, alpha / 2)
    little = (below <= quantile * n) | _compatible(below, n, quantile, alpha / 2)
    first, last = int(np.argmax(enough)), int(np.flatnonzero(little)[-1])
    return float(edges[first - 1]) if first else 0.0, float(edges[last])


def bins_moved_low(counts: ArrayLike, others: ArrayLike, alpha: float) -> float:
    """Return a lower bound of `metrics.divergence.bins_moved` between the two sources of these histograms.

    Every cumulative share is bounded on both sides; the two are closest where the bounds come closest.
    """
    both = np.cumsum(np.stack([np.asarray(each, dtype=np.float64) for each in (counts, others)]), axis=1)
    below = both[:, :-1]
    low, high = share_bounds(below, both[:, -1:], alpha / max(below.size, 1))
    return float(np.maximum(low.max(axis=0) - high.min(axis=0), 0.0).sum())


def _log_mixture(k: Floats, n: Floats) -> Floats:
    parts = _lgamma(k + 0.5) + _lgamma(n - k + 0.5) - _lgamma(n + 1)
    return np.asarray(parts, dtype=np.float64) - _LOG_PRIOR


def _compatible(k: Floats, n: Floats, share: float, alpha: float) -> NDArray[np.bool_]:
    likelihood = k * math.log(share) + (n - k) * math.log1p(-share)
    return _log_mixture(k, n) - likelihood < math.log(1 / alpha)


def _crossing(k: Floats, n: Floats, excess: Floats, outside: Floats, inside: Floats) -> Floats:
    """Return where log M_n falls below log(1/alpha) between a share outside the bounds and the best one inside."""
    misses = n - k
    for _ in range(_HALVINGS):
        middle = (outside + inside) / 2
        # The ends 0 and 1 are never tried while k and n - k are above 0: a finite number stands in for their logarithm.
        likelihood = k * np.log(np.maximum(middle, _TINY)) + misses * np.log(np.maximum(1 - middle, _TINY))
        beyond = excess >= likelihood
        outside, inside = np.where(beyond, middle, outside), np.where(beyond, inside, middle)
    return outside
