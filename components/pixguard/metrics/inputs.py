"""What every metric accepts, and the errors when it gets something else.

MetricError (a PixguardError and ValueError)
├── SingleClassError        only frauds or only honest rows where both are needed
└── UndefinedIntervalError  too many resamples in which the metric does not exist
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pixguard.errors import PixguardError

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


class MetricError(PixguardError, ValueError):
    """An input from which no metric can be computed."""


class SingleClassError(MetricError):
    """A metric that compares frauds with honest rows got only one of them."""


class UndefinedIntervalError(MetricError):
    """A bootstrap whose resamples mostly lack one class."""


def labels(y: ArrayLike) -> BoolArray:
    """Return labels as bool [rows]; MetricError unless every value is 0 or 1."""
    array = np.asarray(y)
    if array.dtype == np.bool_ and array.ndim == 1 and array.size:
        return array
    if array.ndim != 1 or array.size == 0:
        raise MetricError(f"labels: shape {array.shape}, wanted one dimension and at least one row")
    if array.dtype.kind not in "iuf":
        raise MetricError(f"labels: type {array.dtype}, wanted bool or 0/1 numbers; map nulls before")
    bad = np.flatnonzero((array != 0) & (array != 1))
    if bad.size:
        raise MetricError(f"labels: {bad.size} values are neither 0 nor 1, first at row {bad[0]}: {array[bad[0]]}")
    return array.astype(np.bool_)


def numbers(name: str, values: ArrayLike, rows: int) -> FloatArray:
    """Return values as float64 [rows]; MetricError on another length or on a value that is not finite."""
    array = np.asarray(values, dtype=np.float64)
    if array.shape != (rows,):
        raise MetricError(f"{name}: shape {array.shape}, but there are {rows} labels; pass one value a row")
    bad = np.flatnonzero(~np.isfinite(array))
    if bad.size:
        raise MetricError(f"{name}: {bad.size} of {rows} values are not finite, first at row {bad[0]}: {array[bad[0]]}")
    return array


def weights(weight: ArrayLike | None, rows: int) -> FloatArray | None:
    """Return row weights as float64 [rows], or None for equal weights; MetricError on negative ones."""
    if weight is None:
        return None
    array = numbers("weight", weight, rows)
    if array.min() < 0:
        raise MetricError(f"weight: smallest is {array.min()}, wanted zero or more")
    return array


def share(name: str, value: float) -> float:
    """Return a share in (0, 1]; MetricError otherwise."""
    if not 0 < value <= 1:
        raise MetricError(f"{name}: {value}, wanted a share above 0 and at most 1")
    return float(value)


def column(name: str, values: ArrayLike, rows: int) -> NDArray[Any]:
    """Return a key column [rows] of any sortable type; MetricError on another length."""
    array = np.asarray(values)
    if array.shape != (rows,):
        raise MetricError(f"{name}: shape {array.shape}, but there are {rows} labels; pass one value a row")
    return array
