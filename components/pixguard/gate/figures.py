"""The plots of a verdict: precision and recall, calibration, value detected by alert budget."""

from __future__ import annotations

from typing import Any

import numpy as np

from pixguard.gate.evidence import Evidence
from pixguard.gate.rules import GateRules
from pixguard.metrics import precision_recall_curve, reliability, value_detection_rate

BUDGETS = np.geomspace(1e-4, 0.1, 25)


def figures(evidence: Evidence, rules: GateRules) -> dict[str, Any]:
    """Return matplotlib figures by file stem; needs frauds and honest rows."""
    return {
        "precision_recall": _precision_recall(evidence),
        "calibration": _calibration(evidence),
        "value_by_budget": _value_by_budget(evidence, rules),
    }


def _axes(title: str, x: str, y: str) -> tuple[Any, Any]:
    from matplotlib.figure import Figure  # noqa: PLC0415  (not needed to judge)

    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.subplots()
    axes.set(title=title, xlabel=x, ylabel=y)
    axes.grid(alpha=0.3)
    return figure, axes


def _precision_recall(evidence: Evidence) -> Any:
    figure, axes = _axes("Precision and recall on later payments", "recall", "precision")
    for name, scores in evidence.models.items():
        precision, recall, _ = precision_recall_curve(evidence.y, scores)
        axes.step(recall, precision, where="post", label=name)
    axes.axhline(evidence.frauds / evidence.y.size, linestyle=":", color="grey", label="prevalence")
    axes.legend()
    return figure


def _calibration(evidence: Evidence) -> Any:
    figure, axes = _axes("Calibration, bins of equal expected fraud", "predicted", "observed share of fraud")
    table = [each for each in reliability(evidence.y, evidence.probability) if each.predicted > 0 and each.observed > 0]
    axes.loglog([each.predicted for each in table], [each.observed for each in table], marker="o", label="challenger")
    ends = (min(each.predicted for each in table), 1.0) if table else (1e-4, 1.0)
    axes.loglog(ends, ends, linestyle=":", color="grey", label="as it should be")
    axes.legend()
    return figure


def _value_by_budget(evidence: Evidence, rules: GateRules) -> Any:
    figure, axes = _axes("Fraud value detected by alert budget", "share of payments alerted", "share of fraud value")
    for name, scores in evidence.models.items():
        values = [value_detection_rate(evidence.y, scores, evidence.amount_centavos, budget) for budget in BUDGETS]
        axes.semilogx(BUDGETS, values, label=name)
    axes.axvline(rules.alert_budget.value, linestyle=":", color="grey", label="the gate's budget")
    axes.legend()
    return figure
