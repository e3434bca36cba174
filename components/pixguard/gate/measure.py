"""The challenger's numbers, and its differences from an opponent, each with a bootstrap interval by payer."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from pixguard.gate.evidence import Evidence
from pixguard.gate.rules import GateRules
from pixguard.metrics import (
    Draws,
    Interval,
    Measured,
    average_precision,
    brier,
    card_precision_at_k,
    expected_calibration_error,
    joint_bootstrap,
    paired_bootstrap,
    precision_at_budget,
    recall_at_fpr,
    roc_auc,
    value_detection_rate,
)
from pixguard.metrics.inputs import BoolArray, FloatArray


def ranking_metrics(evidence: Evidence, rules: GateRules) -> dict[str, Measured]:
    """Return the ranking metrics of every report, by name."""
    budget = rules.alert_budget.value
    amount = {"amount": evidence.amount_centavos}
    return {
        "average_precision": Measured(average_precision),
        "roc_auc": Measured(roc_auc),
        "recall_at_fpr_0.1pct": Measured(partial(recall_at_fpr, fpr=0.001)),
        "recall_at_fpr_1pct": Measured(partial(recall_at_fpr, fpr=0.01)),
        "value_detection_rate": Measured(partial(value_detection_rate, budget=budget), amount),
        "precision_at_budget": Measured(partial(precision_at_budget, budget=budget)),
    }


def draw(evidence: Evidence, rules: GateRules) -> Draws:
    """Return the ranking metrics of all models on the same resamples of payers."""
    return joint_bootstrap(
        ranking_metrics(evidence, rules),
        evidence.y,
        evidence.models,
        evidence.payer,
        n=_resamples(rules),
        level=rules.level.value,
    )


def metrics_of(evidence: Evidence, draws: Draws, rules: GateRules) -> dict[str, dict[str, Interval]]:
    """Return model → metric → interval; card precision@100 has none, as removal couples the days."""
    names = ranking_metrics(evidence, rules)
    found = {model: {name: draws.interval(model, name) for name in names} for model in evidence.models}
    days = evidence.event_time.astype("datetime64[D]")
    for model, scores in evidence.models.items():
        cards = card_precision_at_k(days, evidence.payer, evidence.y, scores, k=100)
        found[model]["card_precision_at_100"] = Interval(cards, cards, cards, 0.0, 0)
    found["challenger"] |= _probability_metrics(evidence, rules)
    return found


def _probability_metrics(evidence: Evidence, rules: GateRules) -> dict[str, Interval]:
    measured = {"brier": Measured(brier), "expected_calibration_error": Measured(expected_calibration_error)}
    draws = joint_bootstrap(
        measured,
        evidence.y,
        {"challenger": evidence.probability},
        evidence.payer,
        n=_resamples(rules),
        level=rules.level.value,
    )
    return {name: draws.interval("challenger", name) for name in measured}


def cohort_difference(
    evidence: Evidence, payer: NDArray[np.intp], opponent: FloatArray, mask: BoolArray, rules: GateRules
) -> Interval:
    """Return challenger minus opponent in average precision among the rows of a mask; `payer` are codes [rows]."""
    return paired_bootstrap(
        average_precision,
        evidence.y[mask],
        evidence.probability[mask],
        opponent[mask],
        payer[mask],
        n=_resamples(rules),
        level=rules.cohort_level.value,
    )


def calibration_noise(evidence: Evidence, rules: GateRules) -> float:
    """Return the calibration error that true probabilities exceed in 5 % of tables like this one.

    Labels are drawn from the probabilities themselves: consistency resampling (Bröcker and Smith 2007). With few frauds
    a perfect model shows a large error; only what lies above this is the model's.
    """
    rng = np.random.default_rng(0)
    p = np.sort(evidence.probability)[::-1]
    draws = [expected_calibration_error(rng.random(p.size) < p, p) for _ in range(min(200, _resamples(rules)))]
    return float(np.quantile(draws, 0.95))


def _resamples(rules: GateRules) -> int:
    return int(rules.resamples.value)
