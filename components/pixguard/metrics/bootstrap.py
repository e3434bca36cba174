"""Bootstrap intervals, by payer where groups are given: payments of one payer are not independent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from pixguard.metrics.inputs import FloatArray, MetricError, SingleClassError, UndefinedIntervalError, labels
from pixguard.metrics.resampling import Groups, Layout, Metric, Side, order_only

Key = tuple[str, str]  # model, metric
UNDEFINED_LIMIT = 0.01  # share of resamples without both classes above which an interval would be a guess


@dataclass(frozen=True)
class Interval:
    """A number on the rows as they are, with a percentile bootstrap interval."""

    estimate: float
    low: float
    high: float
    level: float
    resamples: int


def bootstrap(
    metric: Metric,
    y: ArrayLike,
    s: ArrayLike,
    groups: ArrayLike | None = None,
    *,
    n: int = 500,
    seed: int = 0,
    level: float = 0.95,
    rows: Mapping[str, ArrayLike] | None = None,
) -> Interval:
    """Return the metric and its percentile interval over n resamples of rows or groups; see `paired_bootstrap`."""
    measured = {"metric": Measured(metric, rows or {})}
    return joint_bootstrap(measured, y, {"a": s}, groups, n=n, seed=seed, level=level).interval("a", "metric")


def paired_bootstrap(
    metric: Metric,
    y: ArrayLike,
    s_a: ArrayLike,
    s_b: ArrayLike,
    groups: ArrayLike | None = None,
    *,
    n: int = 500,
    seed: int = 0,
    level: float = 0.95,
    rows: Mapping[str, ArrayLike] | None = None,
) -> Interval:
    """Return metric(a) - metric(b) and its percentile interval, both models seeing the same resamples.

    `metric` is called as `metric(y, s, weight=w, **rows)`: any function of `pixguard.metrics` of that form, others by
    `functools.partial`. `rows` holds further columns by parameter name, such as {"amount": …}. With `groups` (payer
    tokens [rows]) whole groups are drawn: the cluster bootstrap (Field and Welsh 2007). Deterministic by seed. Raises
    UndefinedIntervalError when more than 1 % of the resamples lack a class.
    """
    measured = {"metric": Measured(metric, rows or {})}
    scores = {"a": s_a, "b": s_b}
    return joint_bootstrap(measured, y, scores, groups, n=n, seed=seed, level=level).difference("a", "b", "metric")


@dataclass(frozen=True)
class Measured:
    """A metric and the further columns it needs, by parameter name."""

    metric: Metric
    rows: Mapping[str, ArrayLike] = field(default_factory=dict)


@dataclass(frozen=True)
class Draws:
    """Several metrics of several models on the same resamples: any interval, and any difference of two models."""

    estimates: Mapping[Key, float]  # (model, metric) → on the rows as they are
    values: Mapping[Key, FloatArray]  # (model, metric) → [resamples]
    level: float

    def interval(self, model: str, metric: str) -> Interval:
        """Return a metric of one model."""
        return _interval(self.estimates[model, metric], self.values[model, metric], self.level)

    def difference(self, a: str, b: str, metric: str) -> Interval:
        """Return metric(a) - metric(b)."""
        estimate = self.estimates[a, metric] - self.estimates[b, metric]
        return _interval(estimate, self.values[a, metric] - self.values[b, metric], self.level)


def joint_bootstrap(
    measured: Mapping[str, Measured],
    y: ArrayLike,
    scores: Mapping[str, ArrayLike],
    groups: ArrayLike | None = None,
    *,
    n: int = 500,
    seed: int = 0,
    level: float = 0.95,
) -> Draws:
    """Return every metric of every model on n resamples that all of them share; see `paired_bootstrap`.

    Drawing costs more than measuring, so ask for all that is wanted in one call.
    """
    drawn = Groups.of(labels(y).size, groups)
    kinds = {order_only(each.metric) for each in measured.values()}
    layouts = {(model, kind): Layout.of(y, s, drawn, kind) for model, s in scores.items() for kind in kinds}
    sides = {
        (model, name): Side.of(each.metric, each.rows, layouts[model, order_only(each.metric)])
        for model in scores
        for name, each in measured.items()
    }
    estimates = _values(layouts.values(), sides, drawn.once())
    draws = [_values(layouts.values(), sides, counts) for counts in drawn.resamples(n, seed)]
    return Draws(estimates, {key: np.array([draw[key] for draw in draws]) for key in sides}, level)


def _values(layouts: Iterable[Layout], sides: Mapping[Key, Side], counts: FloatArray) -> dict[Key, float]:
    """Return every metric under one drawing; metrics of one layout share its weights."""
    weights = {id(layout): layout.weight(counts) for layout in layouts}
    return {key: side.value(weights[id(side.layout)]) for key, side in sides.items()}


def _interval(estimate: float, values: FloatArray, level: float) -> Interval:
    if not np.isfinite(estimate):
        raise SingleClassError("only frauds or only honest rows: both are needed; take a longer period")
    if not 0 < level < 1:
        raise MetricError(f"level: {level}, wanted a share between 0 and 1 such as 0.95")
    defined = values[np.isfinite(values)]
    missing = values.size - defined.size
    if missing > UNDEFINED_LIMIT * values.size:
        raise UndefinedIntervalError(
            f"{missing} of {values.size} resamples lack frauds or honest rows: too few frauds for an interval; "
            "take a longer period"
        )
    low, high = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(estimate), float(low), float(high), level, int(values.size))
