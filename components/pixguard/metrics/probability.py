"""Metrics of probabilities: does 2 % mean two in a hundred."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pixguard.metrics.inputs import BoolArray, FloatArray, MetricError, labels, numbers, weights


@dataclass(frozen=True)
class ReliabilityBin:
    """One bin of a reliability diagram: predicted against observed share of fraud."""

    rows: float
    predicted: float
    observed: float


def brier(y: ArrayLike, p: ArrayLike, weight: ArrayLike | None = None) -> float:
    """Return the mean squared difference of probability and label (Brier 1950)."""
    y_rows, p_rows = _checked(y, p)
    return float(np.average((p_rows - y_rows) ** 2, weights=weights(weight, y_rows.size)))


def reliability(y: ArrayLike, p: ArrayLike, bins: int = 15, weight: ArrayLike | None = None) -> list[ReliabilityBin]:
    """Return the reliability diagram over at most `bins` bins of equal expected fraud, lowest probability first.

    Fraud is rare: bins of equal width or of equal count put every fraud into one bin. Each bin here holds the same sum
    of probabilities, so the high scores where decisions fall get most of the bins; equal probabilities stay together.
    """
    y_rows, p_rows = _checked(y, p)
    if bins < 1:
        raise MetricError(f"bins: {bins}, wanted at least one")
    given = weights(weight, y_rows.size)
    w_rows = np.ones(y_rows.size) if given is None else given
    if np.any(p_rows[:-1] < p_rows[1:]):
        order = np.argsort(-p_rows, kind="stable")
        y_rows, p_rows, w_rows = y_rows[order], p_rows[order], w_rows[order]
    starts = _bin_starts(p_rows, w_rows, bins)
    rows = np.add.reduceat(w_rows, starts)
    predicted = np.add.reduceat(w_rows * p_rows, starts)
    observed = np.add.reduceat(w_rows * y_rows, starts)
    table = zip(rows, predicted, observed, strict=True)
    return [ReliabilityBin(float(r), float(e / r), float(o / r)) for r, e, o in table if r > 0][::-1]


def expected_calibration_error(y: ArrayLike, p: ArrayLike, bins: int = 15, weight: ArrayLike | None = None) -> float:
    """Return the mean of |observed - predicted| over the bins of `reliability`, weighted by rows.

    Source: Naeini, Cooper and Hauskrecht 2015, with bins of equal expected fraud in place of equal width.
    """
    table = reliability(y, p, bins, weight)
    total = sum(each.rows for each in table)
    return sum(each.rows * abs(each.observed - each.predicted) for each in table) / total


def _checked(y: ArrayLike, p: ArrayLike) -> tuple[BoolArray, FloatArray]:
    y_rows = labels(y)
    p_rows = numbers("probability", p, y_rows.size)
    if p_rows.min() < 0 or p_rows.max() > 1:
        raise MetricError(f"probability: from {p_rows.min()} to {p_rows.max()}, wanted 0 to 1; calibrate scores first")
    return y_rows, p_rows


def _bin_starts(p: FloatArray, weight: FloatArray, bins: int) -> NDArray[np.intp]:
    """Return the first row of each bin; p falls, and a bin may only begin where p changes."""
    expected = np.cumsum(weight * p)
    if expected[-1] <= 0:
        return np.zeros(1, dtype=np.intp)
    wanted = np.searchsorted(expected, expected[-1] * np.arange(1, bins) / bins) + 1
    changes = np.append(np.flatnonzero(p[:-1] != p[1:]) + 1, p.size)
    starts = changes[np.searchsorted(changes, np.minimum(wanted, p.size))]
    return np.unique(np.append(0, starts[starts < p.size])).astype(np.intp)
