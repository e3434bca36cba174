"""Two tables of features that should be the same: how many values differ, in which feature, by how much."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Comparison:
    """Rows and values that were compared, and for each feature that differs: how often, and by how much at most."""

    rows: int = 0
    values: int = 0
    differing: Mapping[str, int] = field(default_factory=dict)
    largest: Mapping[str, float] = field(default_factory=dict)

    @property
    def differing_values(self) -> int:
        """How many values differ."""
        return sum(self.differing.values())

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        return {
            "rows": self.rows,
            "values": self.values,
            "differing_values": self.differing_values,
            "differing": dict(self.differing),
            "largest": dict(self.largest),
        }

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Comparison:
        """Return what `to_json` wrote."""
        return cls(found["rows"], found["values"], found["differing"], found["largest"])


def compare(names: Sequence[str], ours: NDArray[Any], theirs: NDArray[Any]) -> Comparison:
    """Compare two arrays [rows, features] bit for bit: a NaN equals a NaN, 0.0 does not equal -0.0."""
    bits = {4: np.uint32, 8: np.uint64}[ours.itemsize]
    if ours.dtype != theirs.dtype or ours.shape != theirs.shape:
        raise ValueError(f"cannot compare {ours.dtype} {ours.shape} with {theirs.dtype} {theirs.shape}")
    ours, theirs = np.ascontiguousarray(ours), np.ascontiguousarray(theirs)
    unequal = (ours.view(bits) != theirs.view(bits)) & ~(np.isnan(ours) & np.isnan(theirs))
    counts = unequal.sum(axis=0)
    wrong = np.flatnonzero(counts).tolist()
    differing = {names[i]: int(counts[i]) for i in wrong}
    largest = {names[i]: _largest(ours[unequal[:, i], i], theirs[unequal[:, i], i]) for i in wrong}
    return Comparison(len(ours), ours.size, differing, largest)


def total(parts: Iterable[Comparison]) -> Comparison:
    """Add comparisons of different rows or of different features."""
    rows, values = 0, 0
    differing: dict[str, int] = {}
    largest: dict[str, float] = {}
    for part in parts:
        rows, values = rows + part.rows, values + part.values
        for name, count in part.differing.items():
            differing[name] = differing.get(name, 0) + count
            largest[name] = max(largest.get(name, 0.0), part.largest[name])
    return Comparison(rows, values, differing, largest)


def _largest(ours: NDArray[Any], theirs: NDArray[Any]) -> float:
    apart = np.abs(ours.astype(np.float64) - theirs.astype(np.float64))
    return float("inf") if np.isnan(apart).any() else float(apart.max())
