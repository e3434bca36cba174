"""What the bootstrap draws, and a model's rows made ready to be weighed many times."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pixguard.metrics.inputs import BoolArray, FloatArray, MetricError, SingleClassError, column, labels, numbers
from pixguard.metrics.ranking import ORDER_ONLY

Metric = Callable[..., float]  # metric(y, s, weight=…, **rows)


@dataclass(frozen=True)
class Layout:
    """One model's rows sorted by falling score once, so that no resample sorts again, cut into units."""

    y: BoolArray  # [units]
    s: FloatArray  # [units]
    kept: NDArray[np.intp]  # [units] which row stands for the unit
    drawn: NDArray[np.intp]  # [rows] group of each sorted row
    starts: NDArray[np.intp]  # [units] first sorted row of each unit

    @classmethod
    def of(cls, y: ArrayLike, s: ArrayLike, groups: Groups, order_only: bool) -> Layout:
        """Sort the rows; where only order counts, a run of honest rows is one unit."""
        y_rows = labels(y)
        s_rows = numbers("score", s, y_rows.size)
        order = np.argsort(-s_rows, kind="stable")
        starts = _units(y_rows[order], s_rows[order]) if order_only else np.arange(y_rows.size)
        kept = order[starts]
        return cls(y_rows[kept], s_rows[kept], kept, groups.codes[order], starts)

    def weight(self, counts: FloatArray) -> FloatArray:
        """Return the weight of each unit when each group is drawn counts[group] times."""
        return np.asarray(np.add.reduceat(counts[self.drawn], self.starts), dtype=np.float64)


@dataclass(frozen=True)
class Side:
    """A metric of one model."""

    metric: Metric
    layout: Layout
    rows: dict[str, NDArray[Any]]  # further columns [units]

    @classmethod
    def of(cls, metric: Metric, rows: Mapping[str, ArrayLike], layout: Layout) -> Side:
        """Bring the further columns into the order of the layout."""
        size = layout.drawn.size
        return cls(metric, layout, {name: column(name, values, size)[layout.kept] for name, values in rows.items()})

    def value(self, weight: FloatArray) -> float:
        """Return the metric under weights of units, NaN where a class is lacking."""
        try:
            return self.metric(self.layout.y, self.layout.s, weight=weight, **self.rows)
        except SingleClassError:
            return float("nan")


def order_only(metric: Metric) -> bool:
    """Return whether a metric (or a partial of one) sees nothing but the order of scores."""
    return getattr(metric, "func", metric) in ORDER_ONLY


def _units(y: BoolArray, s: FloatArray) -> NDArray[np.intp]:
    """Return where units begin when only order counts: single rows, but runs of honest rows are one unit.

    Between two frauds nothing happens to a ranking metric, and frauds are rare: it then works on few units.
    """
    blocks = np.flatnonzero(np.append(True, s[:-1] != s[1:]))
    sizes = np.diff(np.append(blocks, y.size))
    honest = np.repeat(~np.logical_or.reduceat(y, blocks), sizes)  # rows whose whole block of ties is honest
    return np.flatnonzero(np.append(True, ~(honest[:-1] & honest[1:])))


@dataclass(frozen=True)
class Groups:
    """What is drawn: rows, or whole groups of rows."""

    codes: NDArray[np.intp]  # [rows]
    size: int

    @classmethod
    def of(cls, rows: int, groups: ArrayLike | None) -> Groups:
        """Number the groups; every row is its own where none are given."""
        if groups is None:
            return cls(np.arange(rows), rows)
        names, codes = np.unique(column("groups", groups, rows), return_inverse=True)
        return cls(codes, names.size)

    def once(self) -> FloatArray:
        """Return the counts under which every row counts once."""
        return np.ones(self.size)

    def resamples(self, n: int, seed: int) -> Iterator[FloatArray]:
        """Yield n vectors of how often each group was drawn [groups]."""
        if n < 2:
            raise MetricError(f"n: {n} resamples, wanted at least 2 (500 for a 95 % interval)")
        rng = np.random.default_rng(seed)
        for _ in range(n):
            yield np.bincount(rng.integers(self.size, size=self.size), minlength=self.size).astype(np.float64)
