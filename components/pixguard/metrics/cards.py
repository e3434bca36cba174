"""Card precision: of the k payers that an investigator calls in a day, how many were really defrauded."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pixguard.metrics.inputs import BoolArray, FloatArray, MetricError, column, labels, numbers


def card_precision_at_k(day: ArrayLike, customer: ArrayLike, y: ArrayLike, s: ArrayLike, k: int = 100) -> float:
    """Return the mean over days of (compromised customers among the k highest scored) / k.

    A customer's score and label on a day are the maxima over that day's payments; a customer found compromised is
    left out of later days. A day with fewer than k customers is still divided by k. Tied customers count honest ones
    first, so a score that says nothing gains nothing. `day` and `customer`: any sortable values [rows].
    Source: Le Borgne et al. 2022, Reproducible Machine Learning for Credit Card Fraud Detection, "Precision top-k".
    """
    if k < 1:
        raise MetricError(f"k: {k}, wanted at least one customer a day")
    y_rows = labels(y)
    s_rows = numbers("score", s, y_rows.size)
    days = _codes("day", day, y_rows.size)
    customers = _codes("customer", customer, y_rows.size)
    day_of, customer_of, compromised, score = _per_customer_day(days, customers, y_rows, s_rows)
    found = np.zeros(int(customers.max()) + 1, dtype=np.bool_)
    starts = np.append(np.flatnonzero(np.diff(day_of, prepend=-1)), day_of.size)
    hits = 0
    for first, last in pairwise(starts):
        candidates = first + np.flatnonzero(~found[customer_of[first:last]])
        ranked = candidates[np.lexsort((compromised[candidates], -score[candidates]))][:k]
        called = customer_of[ranked[compromised[ranked]]]
        found[called] = True
        hits += called.size
    return hits / (k * (starts.size - 1))


def _codes(name: str, values: ArrayLike, rows: int) -> NDArray[np.int64]:
    try:
        _, codes = np.unique(column(name, values, rows), return_inverse=True)
    except TypeError as error:
        raise MetricError(f"{name}: values cannot be sorted ({error}); fill nulls and use one type") from error
    return codes.astype(np.int64)


def _per_customer_day(
    days: NDArray[np.int64], customers: NDArray[np.int64], y: BoolArray, s: FloatArray
) -> tuple[NDArray[Any], NDArray[Any], BoolArray, FloatArray]:
    pair = days * (int(customers.max()) + 1) + customers
    order = np.argsort(pair, kind="stable")
    starts = np.flatnonzero(np.diff(pair[order], prepend=-1))
    kept = order[starts]
    return (
        days[kept],
        customers[kept],
        np.logical_or.reduceat(y[order], starts),
        np.maximum.reduceat(s[order], starts),
    )
