"""How far two histograms over the same bins are apart; the last axis holds the bins, the others are done at once.

A bin that is empty on both sides is no bin: it says nothing, and smoothing would make it speak.
"""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike

from pixguard.metrics.inputs import FloatArray


def stability_index(counts: ArrayLike, others: ArrayLike) -> FloatArray:
    """Return the population stability index, half a row added to each bin: 0.1 is some shift, 0.25 a major one.

    Source: Siddiqi 2006, Credit Risk Scorecards.
    """
    p, q = _shares(counts, others, 0.5)
    return np.asarray(np.sum((p - q) * np.log(np.where(p > 0, p, 1) / np.where(q > 0, q, 1)), axis=-1))


def bins_moved(counts: ArrayLike, others: ArrayLike) -> FloatArray:
    """Return how many bins apart two histograms lie on average: the area between their cumulative shares.

    This is the earth mover's distance. What crosses an edge counts one bin; where nearly all values lie close together,
    a stability index takes such a step for a new population. Source: Vallender 1974, Theory Probab. Appl. 18.
    """
    p, q = _shares(counts, others, 0.0)
    return np.asarray(np.abs(np.cumsum(p - q, axis=-1)).sum(axis=-1))


def jensen_shannon(counts: ArrayLike, others: ArrayLike) -> FloatArray:
    """Return the Jensen-Shannon divergence in bits: 0 for equal shares, 1 for histograms that share no bin.

    Source: Lin 1991, Divergence measures based on the Shannon entropy.
    """
    p, q = _shares(counts, others, 0.0)
    middle = (p + q) / 2
    return np.asarray(np.sum(_entropy(middle) - (_entropy(p) + _entropy(q)) / 2, axis=-1).clip(0, 1))


def stability_noise(counts: ArrayLike, others: ArrayLike, alpha: float, design_effect: float = 1.0) -> FloatArray:
    """Return the stability index that two samples of one source exceed with probability alpha.

    Of n and m independent rows in b bins the index times nm / (n + m) is about chi-square with b - 1 degrees (Yurdakul
    2018); rows of one payer are not independent, so `design_effect` rows count as one.
    """
    a, b = np.broadcast_arrays(*(np.asarray(each, dtype=np.float64) for each in (counts, others)))
    degrees = np.maximum(np.sum((a > 0) | (b > 0), axis=-1) - 1, 1)
    n, m = (np.maximum(each.sum(axis=-1) / design_effect, 1e-9) for each in (a, b))
    return np.asarray(_chi_square(degrees.astype(np.float64), alpha) * (1 / n + 1 / m))


def _shares(counts: ArrayLike, others: ArrayLike, added: float) -> tuple[FloatArray, FloatArray]:
    a, b = np.broadcast_arrays(*(np.asarray(each, dtype=np.float64) for each in (counts, others)))
    there = (a > 0) | (b > 0)
    sides = [np.where(there, each + added, 0.0) for each in (a, b)]
    wholes = [side.sum(axis=-1, keepdims=True) for side in sides]
    p, q = (
        np.divide(side, whole, out=np.zeros_like(side), where=whole > 0)
        for side, whole in zip(sides, wholes, strict=True)
    )
    return p, q


def _entropy(p: FloatArray) -> FloatArray:
    return np.asarray(-p * np.log2(np.where(p > 0, p, 1)))


def _chi_square(degrees: FloatArray, alpha: float) -> FloatArray:
    """Return the upper quantile of chi-square (Wilson and Hilferty 1931: within 1 % from 3 degrees on)."""
    z, spread = NormalDist().inv_cdf(1 - alpha), 2 / (9 * degrees)
    return np.asarray(degrees * (1 - spread + z * np.sqrt(spread)) ** 3)
