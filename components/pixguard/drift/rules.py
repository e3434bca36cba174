"""Every number that drift is judged by, and why it is that number."""

# ruff: noqa: RUF009  (a Bound is frozen: one may serve as a default)
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from pixguard.gate.rules import Bound, replaced


@dataclass(frozen=True)
class DriftRules:
    """The bounds of the watch; shares are 0 to 1."""

    min_rows: Bound = Bound(500, "a day, or a cohort's day, with fewer decisions is listed, not judged")
    burn_in_days: Bound = Bound(7, "a week holds every day of it: until then a version's own shares are not known")
    baseline_days: Bound = Bound(
        28, "four weeks hold both pay days: until then a version's own shapes are not known; then they are fixed, so "
        "that slow drift does not become the yardstick"
    )  # fmt: skip
    shift: Bound = Bound(0.25, "the field's rule for a major shift of the population stability index (Siddiqi 2006)")
    cohort_shift: Bound = Bound(0.5, "a choice: thousands of pairs of cohort and feature are looked at each day")
    skew: Bound = Bound(1.0, "a choice: so far from training already in the first weeks, the features are not the same")
    seasonal_ratio: Bound = Bound(1.5, "a choice: half as much again as on any day of this kind in the baseline")
    festive_ratio: Bound = Bound(2.5, "a choice: what people pay around feasts is new to a version of this year")
    unseen_kind_ratio: Bound = Bound(1.5, "a choice: a kind of day that the baseline lacks is held against all kinds")
    severe_ratio: Bound = Bound(4.0, "a choice: so far beyond its bound a shift is told on its first day")
    lasting_days: Bound = Bound(2, "a choice: one odd day is no drift; the second in a row is")
    missing_rise: Bound = Bound(0.05, "a choice: one value in twenty more is absent: somebody stopped to send it")
    missing_skew: Bound = Bound(0.25, "a choice: so much more absent than in training already in the first week")
    alert_ratio: Bound = Bound(2.0, "a choice: twice as many payments stopped, or half, is an attack or a fault")
    unseen_share: Bound = Bound(0.005, "a choice: one payment in 200 has a value that the baseline never had")
    degraded_rise: Bound = Bound(0.01, "a choice: one decision in a hundred more lacked live features")
    false_alarm_rate: Bound = Bound(
        0.001, "a choice: of one measure on one day, by chance alone; two days make one alarm"
    )
    design_effect: Bound = Bound(4.0, "a choice: payments of one payer are alike; four count as one")

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> DriftRules:
        """Return the default rules with the named bounds replaced; each is {"value": number, "reason": text}."""
        return replaced(cls(), "drift", data)

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` reads."""
        return asdict(self)
