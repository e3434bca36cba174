"""Request-time features as NumPy functions: pure, vectorised, the same for training and serving.

Arrays are [rows]. Times are int64 microseconds UTC, money is integer centavos. A null arrives as NaN and stays NaN
where nothing else is said; the model's own input transform replaces it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixguard.declaration import MICROSECONDS, RequestFeature, duration_us

Array = NDArray[Any]

# Brazil abolished daylight-saving time in 2019 (decree 9.772/2019): Brasília time is UTC-3 all year.
BRASILIA_OFFSET_US = -3 * MICROSECONDS["h"]


def ratio(numerator: Array, denominator: Array) -> Array:
    """Return numerator / denominator as float64, 0 where the denominator is 0."""
    out = np.zeros(np.broadcast(numerator, denominator).shape)
    return np.divide(numerator, denominator, out=out, where=denominator != 0)


def local_hour(event_time_us: Array, offset_us: int = BRASILIA_OFFSET_US) -> Array:
    """Return the hour of the day in Brasília time, 0 to 23."""
    return (event_time_us + offset_us) // MICROSECONDS["h"] % 24


def is_weekend(event_time_us: Array, offset_us: int = BRASILIA_OFFSET_US) -> Array:
    """Return 1 on Saturday and Sunday, else 0 (day 0 of the epoch was a Thursday)."""
    since_monday = (event_time_us + (offset_us + 3 * MICROSECONDS["d"])) % (7 * MICROSECONDS["d"])
    return (since_monday >= 5 * MICROSECONDS["d"]).astype(np.float32)


def is_night(
    event_time_us: Array, first_hour: int = 20, end_hour: int = 6, offset_us: int = BRASILIA_OFFSET_US
) -> Array:
    """Return 1 from `first_hour` until `end_hour` (BCB's night limit: 20 to 06 h, Brasília time), else 0."""
    hour_us = MICROSECONDS["h"]
    since_first = (event_time_us + (offset_us - first_hour * hour_us)) % (24 * hour_us)
    return (since_first < (end_hour - first_hour) % 24 * hour_us).astype(np.float32)


def seconds_since(event_time_us: Array, last_us: Array, never_s: float) -> Array:
    """Return the seconds since `last_us`, or `never_s` where nothing was seen (`last_us` is 0)."""
    return np.where(last_us == 0, never_s, (event_time_us - last_us) / MICROSECONDS["s"])


def mean(key: str, column: str, window: str) -> RequestFeature:
    """Declare the mean of a summed column over a window: its sum ÷ the count of the same events, 0 if empty."""
    counted = column.removesuffix("_centavos") if column != "centavos" else "payments"
    inputs = (f"{key}_{column}_sum_{window}", f"{key}_{counted}_count_{window}")
    return RequestFeature(f"{key}_{column}_mean_{window}", inputs, ratio)


def share(name: str, part: str, whole: str) -> RequestFeature:
    """Declare part ÷ whole, 0 where the whole is 0."""
    return RequestFeature(name, (part, whole), ratio)


def since(key: str, column: str, window: str, operation: str = "last") -> RequestFeature:
    """Declare the seconds since the last (or first) event of the window; the window's length if there was none."""
    never_s = duration_us(window) / MICROSECONDS["s"]
    name = f"{key}_{column}_seconds_since_{operation}"
    inputs = ("event_time", f"{key}_{column}_{operation}_{window}")
    return RequestFeature(name, inputs, partial(seconds_since, never_s=never_s))


def one_hot(column: str, *values: str) -> tuple[RequestFeature, ...]:
    """Declare one indicator for each value of a categorical payment column; null is none of them."""
    return tuple(RequestFeature(f"{column}_is_{v.lower()}", (column,), partial(_equals, value=v)) for v in values)


def of_payment(name: str, function: Callable[..., Array], *inputs: str) -> RequestFeature:
    """Declare a function of the payment's own columns and of aggregates."""
    return RequestFeature(name, inputs, function)


def _equals(column: Array, value: str) -> Array:
    return (column == value).astype(np.float32)
