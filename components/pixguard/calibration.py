"""Scores to probabilities: beta calibration, fitted on rows later than training, applied with NumPy alone.

Why beta and not isotonic: a month of payments holds a few hundred frauds. Isotonic regression then gives a dozen steps,
so thousands of payments share one probability and a threshold cannot be moved between them. Beta calibration has three
parameters, keeps the order of scores, contains the identity, and undoes a class weight or a sampled honest class
exactly (both only shift log-odds). Source: Kull, Silva Filho and Flach 2017, Beta calibration.

CalibrationError (a PixguardError and ValueError)
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pixguard.errors import PixguardError
from pixguard.metrics.inputs import BoolArray, FloatArray, MetricError, labels, numbers

SMALLEST = 1e-12  # scores are kept this far from 0 and 1: a float32 sigmoid reaches both
MIN_FRAUDS = (
    20  # three parameters; ten events a parameter is the usual minimum, fewer do here since two share one slope
)
NEWTON_STEPS = 100
PRIOR = 1.0  # precision of the prior on a and b: one standard deviation is the identity's slope itself


class CalibrationError(PixguardError, ValueError):
    """Rows from which no calibration can be fitted, or a calibration file that is not one."""


@dataclass(frozen=True)
class Calibration:
    """probability = sigmoid(a ln s - b ln(1 - s) + c), with a, b ≥ 0 and not both 0: strictly monotone in s."""

    a: float
    b: float
    c: float
    rows: int
    frauds: int
    honest_kept: float = 1.0

    def __post_init__(self) -> None:
        numbers_ok = all(math.isfinite(value) for value in (self.a, self.b, self.c))
        if not numbers_ok or self.a < 0 or self.b < 0 or self.a + self.b == 0:
            raise CalibrationError(
                f"a={self.a}, b={self.b}, c={self.c}: wanted finite, a and b ≥ 0, one above 0; refit"
            )

    def apply(self, score: ArrayLike) -> FloatArray:
        """Return probabilities, float64 of the shape of `score`; scores are in [0, 1], NaN stays NaN."""
        s = np.asarray(score, dtype=np.float64)
        if np.any((s < 0) | (s > 1)):
            raise CalibrationError(
                f"scores from {np.nanmin(s)} to {np.nanmax(s)}: wanted 0 to 1, apply the sigmoid first"
            )
        log_s, log_rest = _logs(s)
        return _sigmoid(self.a * log_s - self.b * log_rest + self.c)

    def apply_one(self, score: float) -> float:
        """Return the probability of one score in [0, 1]: `apply` without arrays, for the request path."""
        kept = min(max(score, SMALLEST), 1 - SMALLEST)
        log_odds = self.a * math.log(kept) - self.b * math.log1p(-kept) + self.c
        if log_odds >= 0:
            return 1 / (1 + math.exp(-log_odds))
        small = math.exp(log_odds)
        return small / (1 + small)

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` reads."""
        return {"method": "beta", **asdict(self)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Calibration:
        """Return the calibration written by `to_json`; CalibrationError on anything else."""
        if data.get("method") != "beta":
            raise CalibrationError(
                f"method {data.get('method')!r}: this version reads 'beta'; fit the model version again"
            )
        try:
            return cls(**{name: value for name, value in data.items() if name != "method"})
        except TypeError as error:
            raise CalibrationError(f"calibration fields {sorted(data)}: {error}") from error

    @classmethod
    def load(cls, path: Path) -> Calibration:
        """Return the calibration in a JSON file; CalibrationError names the file."""
        try:
            return cls.from_json(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError) as error:
            raise CalibrationError(f"{path}: {error}") from error


def fit(
    y: ArrayLike,
    score: ArrayLike,
    *,
    event_time: ArrayLike,
    trained_until: np.datetime64,
    honest_kept: float = 1.0,
) -> Calibration:
    """Fit beta calibration by weighted maximum likelihood on rows later than every training row.

    `event_time` datetime64 [rows] and `trained_until` (time of the last training row) are UTC. `honest_kept` is the
    share of honest rows that a sampled table kept: each counts 1 / honest_kept, so probabilities are those of the whole
    stream. A weak prior pulls a and b towards 1 (the identity), so separable rows stay finite. CalibrationError when
    rows are not later, hold too few frauds, or the score does not rise with fraud.
    """
    y_rows, s_rows = _checked(y, score)
    times = np.asarray(event_time, dtype="datetime64[us]")
    if times.shape != y_rows.shape or times.min() <= trained_until:
        raise CalibrationError(
            f"calibration rows begin {times.min()} but training ends {trained_until}: calibrate on later rows"
        )
    if not 0 < honest_kept <= 1:
        raise CalibrationError(f"honest_kept: {honest_kept}, wanted a share above 0 and at most 1")
    weight = np.where(y_rows, 1.0, 1.0 / honest_kept)
    log_s, log_rest = _logs(s_rows)
    a, b, c = _fit_monotone(np.stack([log_s, -log_rest], axis=1), y_rows.astype(np.float64), weight)
    return Calibration(a, b, c, rows=y_rows.size, frauds=int(y_rows.sum()), honest_kept=honest_kept)


def _checked(y: ArrayLike, score: ArrayLike) -> tuple[BoolArray, FloatArray]:
    try:
        y_rows = labels(y)
        s_rows = numbers("score", score, y_rows.size)
    except MetricError as error:
        raise CalibrationError(str(error)) from error
    if s_rows.min() < 0 or s_rows.max() > 1:
        raise CalibrationError(f"scores from {s_rows.min()} to {s_rows.max()}: wanted 0 to 1, apply the sigmoid first")
    frauds = int(y_rows.sum())
    if frauds < MIN_FRAUDS or frauds == y_rows.size:
        raise CalibrationError(
            f"{frauds} frauds among {y_rows.size} rows: wanted {MIN_FRAUDS} and honest rows; take a longer period"
        )
    return y_rows, s_rows


def _logs(s: FloatArray) -> tuple[FloatArray, FloatArray]:
    kept = np.clip(s, SMALLEST, 1 - SMALLEST)
    return np.log(kept), np.log1p(-kept)


def _sigmoid(x: NDArray[np.float64]) -> FloatArray:
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1.0, small) / (1.0 + small)


def _fit_monotone(x: FloatArray, target: FloatArray, weight: FloatArray) -> tuple[float, float, float]:
    """Return a, b ≥ 0 and c; a slope that would fall is fixed at 0 and the rest is fitted again (Kull et al. 2017)."""
    both, intercept = _newton(x, target, weight)
    if (both >= 0).all():
        return float(both[0]), float(both[1]), intercept
    kept = int(np.argmax(both))
    slope, intercept = _newton(x[:, [kept]], target, weight)
    if slope[0] <= 0:
        raise CalibrationError(
            f"the score falls as fraud rises (slope {slope[0]:.3g}): labels or scores are turned round"
        )
    return (float(slope[0]), 0.0, intercept) if kept == 0 else (0.0, float(slope[0]), intercept)


def _newton(x: FloatArray, target: FloatArray, weight: FloatArray) -> tuple[FloatArray, float]:
    """Return slopes and intercept of a logistic regression by damped Newton steps; convex, so there is one optimum."""
    problem = _Problem(np.column_stack([x, np.ones(x.shape[0])]), target, weight)
    rate = float(np.average(target, weights=weight))
    beta = np.append(np.zeros(x.shape[1]), math.log(rate / (1 - rate)))
    loss = problem.loss(beta)
    for _ in range(NEWTON_STEPS):
        beta, better = problem.shortened(beta, problem.step(beta), loss)
        if loss - better <= 1e-12 * (1 + abs(loss)):
            return beta[:-1], float(beta[-1])
        loss = better
    raise CalibrationError(f"no optimum after {NEWTON_STEPS} Newton steps: look at the distribution of scores")


@dataclass(frozen=True)
class _Problem:
    """Weighted negative log-likelihood of [rows, slopes + intercept], with the prior on slopes."""

    design: FloatArray
    target: FloatArray
    weight: FloatArray

    def loss(self, beta: FloatArray) -> float:
        x = self.design @ beta
        likelihood = float(np.sum(self.weight * (np.logaddexp(0.0, x) - self.target * x)))
        return likelihood + 0.5 * PRIOR * float(np.sum((beta[:-1] - 1) ** 2))

    def step(self, beta: FloatArray) -> FloatArray:
        p = _sigmoid(self.design @ beta)
        slope = np.append(np.ones(beta.size - 1), 0.0)
        gradient = self.design.T @ (self.weight * (p - self.target)) + PRIOR * slope * (beta - 1)
        hessian = (self.design * (self.weight * p * (1 - p))[:, None]).T @ self.design + PRIOR * np.diag(slope)
        return np.asarray(np.linalg.lstsq(hessian, gradient, rcond=1e-12)[0], dtype=np.float64)

    def shortened(self, beta: FloatArray, step: FloatArray, loss: float) -> tuple[FloatArray, float]:
        """Return the first point along the step, halved at most 40 times, that does not raise the loss."""
        for halvings in range(40):
            candidate = beta - step / 2**halvings
            value = self.loss(candidate)
            if value <= loss:
                return candidate, value
        return beta, loss
