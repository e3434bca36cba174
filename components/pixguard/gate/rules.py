"""Every number the gate compares with, and why it is that number."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, Any, TypeVar

from pixguard.errors import PixguardError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Rules = TypeVar("Rules", bound="DataclassInstance")


class RulesError(PixguardError, ValueError):
    """Gate rules that name an unknown bound, lack a reason or hold no number."""


@dataclass(frozen=True)
class Bound:
    """A threshold and the reason or source for it."""

    value: float
    reason: str

    def __post_init__(self) -> None:
        if not math.isfinite(self.value):
            raise RulesError(f"bound {self.value} ({self.reason}): wanted a finite number")
        if not self.reason.strip():
            raise RulesError(f"bound {self.value} has no reason: say where the number comes from")

    @classmethod
    def of(cls, name: str, data: Any) -> Bound:
        """Return the bound in {"value": number, "reason": text}; RulesError names the rule it was given for."""
        if not isinstance(data, Mapping) or set(data) != {"value", "reason"}:
            raise RulesError(f'rule {name}: {data!r}, wanted {{"value": number, "reason": text}}')
        if isinstance(data["value"], bool) or not isinstance(data["value"], (int, float)):
            raise RulesError(f"rule {name}: value {data['value']!r} is not a number")
        return cls(float(data["value"]), str(data["reason"]))


def replaced(rules: Rules, kind: str, data: Mapping[str, Any], bound: Callable[[str, Any], Bound] = Bound.of) -> Rules:
    """Return rules with the named bounds replaced by what `bound` reads; RulesError names those that `kind` lacks."""
    known = {field.name for field in fields(rules)}
    if unknown := sorted(set(data) - known):
        raise RulesError(f"unknown {kind} rules {unknown}: known are {sorted(known)}")
    return replace(rules, **{name: bound(name, given) for name, given in data.items()})


@dataclass(frozen=True)
class GateRules:
    """The bounds of the gate; shares are 0 to 1, losses are absolute differences of a metric."""

    min_frauds: Bound = Bound(
        50, "with 50 frauds the 95 % interval of a recall is about ±0.14; with fewer nothing can be told apart"
    )
    resamples: Bound = Bound(500, "12 draws beyond each end of a 95 % interval (Efron and Tibshirani 1993, ch. 13)")
    level: Bound = Bound(0.95, "the usual level; each comparison with the champion must hold on its own")
    cohort_level: Bound = Bound(
        0.99, "a hundred cohorts are looked at: a loss beyond the bound must be shown well beyond chance"
    )
    champion_ap_loss: Bound = Bound(
        0.02,
        "a choice: so small a loss may be the price of a fresher model; set it from your own week-to-week spread",
    )
    champion_ap_gain: Bound = Bound(
        0.0, "a canary and a review cost hours: the best estimate must at least not fall below the champion"
    )
    baseline_ap_loss: Bound = Bound(
        0.02, "a choice: as small a loss as against the champion; one refused for less leaves an older one serving"
    )
    champion_value_loss: Bound = Bound(
        0.03, "a choice: amounts are unequal, and a few large frauds move the value share by this"
    )
    champion_recall_loss: Bound = Bound(
        0.03, "a choice: 30 frauds in 1,000; recall at a low rate is the noisiest metric"
    )
    alert_budget: Bound = Bound(
        0.001, "0.1 % of payments, about ten times the accepted fraud notifications of 0.007 % (BCB 2024)"
    )
    floor_ap_lift: Bound = Bound(
        10, "a random score has average precision = prevalence; below ten times that, alerts are mostly noise"
    )
    floor_roc_auc: Bound = Bound(0.75, "a choice: a model below this adds little to a handful of hand-written rules")
    floor_recall_fpr_1pct: Bound = Bound(
        0.20, "a choice: one fraud in five at 1 % false alarms; less pays for no model"
    )
    calibration_error: Bound = Bound(
        0.5,
        "a choice: mean calibration error over prevalence; beyond half, expected losses are off by half",
    )
    cohort_min_frauds: Bound = Bound(
        20, "fewer frauds than this have no usable interval; the cohort is listed, not judged"
    )
    cohort_ap_loss: Bound = Bound(0.05, "a choice: no group of customers may pay for the gain of the others")
    latency_p99_ms: Bound = Bound(
        5.0, "a Pix is promised in 10 s end to end and a score may cost a few milliseconds of it (IN BCB 5/2020)"
    )
    ap_ceiling: Bound = Bound(
        0.95, "labels of real fraud are never this separable; set it to the perfect-knowledge bound where one is known"
    )
    single_feature_auc: Bound = Bound(0.99, "one column that separates alone is the label in disguise")
    importance_share: Bound = Bound(
        0.60, "a choice: a model that leans on one feature leans on a leak or breaks with that feature"
    )

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> GateRules:
        """Return the default rules with the named bounds replaced; each is {"value": number, "reason": text}."""
        return replaced(cls(), "gate", data)

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` reads."""
        return asdict(self)
