"""How far the days of the training data themselves lie from the reference: a season is no drift from day one on.

Salaries come once a month: no first week of service holds what a month does, but the training data do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixguard.drift.calendar import DayKind, kind_of
from pixguard.drift.measures import BINS, MISSING, WIDTH, Int64s, Measures, reference_counts
from pixguard.metrics.divergence import stability_index, stability_noise
from pixguard.metrics.inputs import FloatArray

MIN_ROWS = 200  # of a day
_ALPHA, _DESIGN_EFFECT = 0.05, 1.0  # little is taken off: what a small day adds to its distance makes bounds wider


def seasons_of(
    reference: Mapping[str, Any], names: Sequence[str], event_time: NDArray[np.datetime64], x_rf: NDArray[np.float32]
) -> dict[str, Any]:
    """Return per kind of day the highest distance and missing share of each feature, ready for JSON."""
    measures = Measures.of("training", reference, names)
    counts = reference_counts(measures, reference)[: len(names)]
    days, found = event_time.astype("datetime64[D]"), dict[DayKind, list[FloatArray]]()
    for day in np.unique(days):
        rows = x_rf[days == day]
        if len(rows) >= MIN_ROWS:
            found.setdefault(kind_of(day.item()), []).append(_day(measures, counts, rows))
    return {str(kind): _highest(names, np.max(each, axis=0)) for kind, each in found.items()}


def season_tables(
    reference: Mapping[str, Any], names: Sequence[str]
) -> tuple[dict[DayKind, FloatArray], dict[DayKind, FloatArray]]:
    """Return highest distances and missing shares by kind of day [measures]; 0 for measures that are no features."""
    seasons: Mapping[str, Any] = reference.get("seasons", {})
    tables = (
        {DayKind(kind): np.array([values[part].get(name, 0.0) for name in names]) for kind, values in seasons.items()}
        for part in ("distance", "missing")
    )
    distance, missing = tables
    return distance, missing


def _day(measures: Measures, reference: Int64s, rows: NDArray[np.float32]) -> FloatArray:
    """Return distance and missing share of a day's features, float64 [2, features]."""
    counts = np.zeros_like(reference)
    for place, edges in enumerate(measures.edges):
        codes = np.where(np.isnan(rows[:, place]), MISSING, np.searchsorted(edges, rows[:, place], side="right"))
        counts[place] = np.bincount(codes, minlength=WIDTH)
    a, b = counts[:, :BINS], reference[:, :BINS]
    there = (a.sum(axis=-1) > 0) & (b.sum(axis=-1) > 0)
    beyond = stability_index(a, b) - stability_noise(a, b, 1 - _ALPHA, _DESIGN_EFFECT)
    return np.stack([np.where(there, np.maximum(beyond, 0), 0), counts[:, MISSING] / len(rows)])


def _highest(names: Sequence[str], values: FloatArray) -> dict[str, dict[str, float]]:
    return {
        part: dict(zip(names, row.tolist(), strict=True))
        for part, row in zip(("distance", "missing"), values, strict=True)
    }
