"""What is counted of each decision, and in which bins: features by the version's own reference, score, decision, state.

Every measure has BINS bins, of which it may use fewer, and one more for what is missing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixguard.decision_log import Record, names_sha256
from pixguard.drift.errors import DriftError
from pixguard.policy import Decision

Int64s = NDArray[np.int64]
BINS = 10
MISSING = BINS
WIDTH = BINS + 1
SCORE_EDGES = (0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3)  # of the probability, about two a decade
STATE_EDGES_S = (60.0, 900.0, 3600.0, 6 * 3600.0, 86_400.0, 7 * 86_400.0, 30 * 86_400.0)
DECISIONS = tuple(str(decision) for decision in Decision)
OWN = ("score", "decision", "state_age", "degraded")
"""Measures that are no features. state_age: seconds from the newest event of the state to the payment."""


@dataclass(frozen=True)
class Measures:
    """The measures of one version. `calendar` are features of the clock alone: they shift with every hour."""

    version: str
    inputs: tuple[str, ...]
    edges: tuple[NDArray[np.float64], ...]
    calendar: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls, version: str, reference: Mapping[str, Any], inputs: Sequence[str], calendar: Sequence[str] = ()
    ) -> Measures:
        """Return the measures of a version's reference.json; DriftError where it lacks an input."""
        known = reference.get("features", {})
        missing = [name for name in inputs if name not in known]
        if missing:
            raise DriftError(f"{version}: reference.json lacks {missing[:5]}; keep the version again")
        edges = tuple(np.asarray(known[name]["edges"], dtype=np.float64) for name in inputs)
        if any(each.size >= BINS for each in edges):
            raise DriftError(f"{version}: reference.json has more than {BINS} bins; keep the version again")
        return cls(version, tuple(inputs), edges, frozenset(calendar) & set(inputs))

    @property
    def names(self) -> tuple[str, ...]:
        """All measures: features, then OWN."""
        return (*self.inputs, *OWN)

    @cached_property
    def digest(self) -> str:
        """What a record's features must say for their values to be these."""
        return names_sha256(self.inputs)

    def codes(self, records: Sequence[Record]) -> NDArray[np.uint8]:
        """Return the bin of every measure of every record, uint8 [rows, measures]."""
        values = np.array([record.features["values"] for record in records], dtype=np.float32)  # None becomes NaN
        if values.shape != (len(records), len(self.inputs)):
            raise DriftError(f"{self.version}: records hold {values.shape[1:]} values, wanted {len(self.inputs)}")
        codes = np.empty((len(records), len(self.names)), dtype=np.uint8)
        for place, edges in enumerate(self.edges):
            codes[:, place] = np.searchsorted(edges, values[:, place], side="right")
        codes[:, : len(self.inputs)][np.isnan(values)] = MISSING
        codes[:, len(self.inputs) :] = own_codes(records)
        return codes


def own_codes(records: Sequence[Record]) -> NDArray[np.uint8]:
    """Return the bins of the measures that every version has, uint8 [rows, OWN]."""
    age_s = np.array([state_age_s(record) for record in records], dtype=np.float64)
    codes = np.empty((len(records), len(OWN)), dtype=np.uint8)
    codes[:, 0] = np.searchsorted(SCORE_EDGES, [record.probability for record in records], side="right")
    codes[:, 1] = [DECISIONS.index(record.decision) for record in records]
    codes[:, 2] = np.where(np.isnan(age_s), MISSING, np.searchsorted(STATE_EDGES_S, age_s, side="right"))
    codes[:, 3] = [bool(record.degraded) for record in records]
    return codes


def event_us(record: Record) -> int:
    """Return the time of a record's payment, microseconds since the epoch."""
    return round(datetime.fromisoformat(record.payment["event_time"]).timestamp() * 1e6)


def state_age_s(record: Record) -> float:
    """Return how old the newest event was that the decision knew, NaN where it knew none."""
    if record.newest_event_us is None:
        return float("nan")
    return (event_us(record) - record.newest_event_us) / 1e6


def score_distribution(probability: NDArray[np.float64]) -> dict[str, Any]:
    """Return the reference of the score, ready for JSON: shares of probabilities per bin of SCORE_EDGES."""
    found = np.bincount(np.searchsorted(SCORE_EDGES, probability, side="right"), minlength=len(SCORE_EDGES) + 1)
    return {"rows": probability.size, "missing_share": 0.0, "edges": list(SCORE_EDGES),
            "shares": (found / max(probability.size, 1)).tolist()}  # fmt: skip


def reference_counts(measures: Measures, reference: Mapping[str, Any]) -> Int64s:
    """Return the reference as counts [measures, WIDTH]; zeros for what a reference does not hold, such as decisions."""
    counts = np.zeros((len(measures.names), WIDTH), dtype=np.int64)
    entries = {**reference["features"], **{name: reference[name] for name in OWN if name in reference}}
    for place, name in enumerate(measures.names):
        if name in entries:
            rows = int(entries[name].get("rows", reference["rows"]))
            missing = round(rows * entries[name]["missing_share"])
            shares = np.asarray(entries[name]["shares"], dtype=np.float64)
            counts[place, : shares.size] = np.round(shares * (rows - missing))
            counts[place, MISSING] = missing
    return counts
