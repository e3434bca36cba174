"""A version's figures on matured outcomes, each with a bootstrap interval by payer."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from pixguard.metrics import (
    Interval,
    Measured,
    MetricError,
    average_precision,
    brier,
    expected_calibration_error,
    joint_bootstrap,
    precision_at_budget,
    recall_at_fpr,
    value_detection_rate,
)
from pixguard.metrics.inputs import FloatArray, SingleClassError
from pixguard.metrics.resampling import Metric
from pixguard.outcomes.table import micros_of
from pixguard.performance.labelled import Labelled

BUDGET = 0.001  # of payments, the alert budget of the gate
RESAMPLES = 200
MOST_HONEST = 200_000  # honest rows without an alert beyond this are sampled
MIN_FRAUDS = 20  # fewer have no usable interval
RECENT_DAYS = 14  # two weeks hold each of their days twice, and some hundred frauds


@dataclass(frozen=True)
class Figures:
    """Figures by name, None where the rows do not allow one, and the rows they were made of."""

    rows: int
    frauds: int
    values: Mapping[str, Interval | None]


def figures(
    rows: Labelled, names: Collection[str] | None = None, *, resamples: int = RESAMPLES, seed: int = 0
) -> Figures:
    """Return ranking, value, alerts and calibration, or those of `names`; weights count where rows stand for others."""
    kept = rows.thinned(MOST_HONEST)
    measured = {name: each for name, each in _measured(kept).items() if names is None or name in names}
    if not 0 < rows.frauds < len(rows):
        return Figures(len(rows), rows.frauds, dict.fromkeys(measured))
    draws = joint_bootstrap(measured, kept.y, {"version": kept.score}, kept.payer, n=resamples, seed=seed)
    found: dict[str, Interval | None] = {}
    for name in measured:
        try:
            found[name] = draws.interval("version", name)
        except MetricError:  # one class in too many resamples: too few frauds, or no alert at all
            found[name] = None
    return Figures(len(rows), rows.frauds, found)


def recent(
    rows: Labelled,
    cut_off: datetime,
    maturity: timedelta,
    names: Collection[str] | None = None,
    *,
    resamples: int = RESAMPLES,
) -> Figures:
    """Return the figures of the last RECENT_DAYS of payments that were mature at the cut-off."""
    first = micros_of(cut_off - maturity - timedelta(days=RECENT_DAYS))
    return figures(rows.take(rows.event_us > first), names, resamples=resamples)


def by_cohort(rows: Labelled, *, resamples: int = RESAMPLES) -> dict[str, dict[str, Figures]]:
    """Return figures of each cohort that has enough frauds: cohort → value → figures."""
    found: dict[str, dict[str, Figures]] = {}
    for cohort, values in rows.cohorts.items():
        names, codes = np.unique(values, return_inverse=True)
        frauds = np.bincount(codes, weights=rows.y, minlength=names.size)
        enough = np.flatnonzero(frauds >= MIN_FRAUDS)
        found[cohort] = {str(names[n]): figures(rows.take(codes == n), resamples=resamples) for n in enough}
    return found


def by_day(rows: Labelled) -> list[dict[str, Any]]:
    """Return the prequential figures: each day's payments judged by the version that decided them, in order."""
    found = []
    for day in np.unique(rows.day):
        part = rows.take(rows.day == day)
        lost = part.amount_centavos * part.y * ~part.alert * part.weight
        values = {name: _value(each, part) for name, each in _measured(part).items()}
        found.append({"day": str(day), "rows": len(part), "frauds": part.frauds, "alerts": int(part.alert.sum()),
                      "value_lost_brl": float(lost.sum() / 100), **values})  # fmt: skip
    return found


def alert_precision(y: ArrayLike, s: ArrayLike, alert: ArrayLike, weight: ArrayLike | None = None) -> float:  # noqa: ARG001
    """Return the share of frauds among the alerts that the policy raised; SingleClassError without an alert."""
    counted = _weights(y, weight) * np.asarray(alert, dtype=np.float64)
    return _ratio(counted * np.asarray(y), counted, "no alert")


def alert_recall(y: ArrayLike, s: ArrayLike, alert: ArrayLike, weight: ArrayLike | None = None) -> float:  # noqa: ARG001
    """Return the share of frauds that the policy raised an alert on; SingleClassError without a fraud."""
    counted = _weights(y, weight) * np.asarray(y, dtype=np.float64)
    return _ratio(counted * np.asarray(alert), counted, "no fraud")


def alert_value_recall(
    y: ArrayLike, s: ArrayLike, alert: ArrayLike, amount: ArrayLike, weight: ArrayLike | None = None
) -> float:
    """Return `alert_recall` by value: the share of the money in frauds."""
    return alert_recall(y, s, alert, _weights(y, weight) * np.asarray(amount, dtype=np.float64))


def _measured(rows: Labelled) -> dict[str, Measured]:
    alert: dict[str, ArrayLike] = {"alert": rows.alert}
    amount: dict[str, ArrayLike] = {"amount": rows.amount_centavos}
    plain = {
        "average_precision": Measured(average_precision),
        "recall_at_fpr_0.1pct": Measured(partial(recall_at_fpr, fpr=0.001)),
        "recall_at_fpr_1pct": Measured(partial(recall_at_fpr, fpr=0.01)),
        "value_detection_rate": Measured(partial(value_detection_rate, budget=BUDGET), amount),
        "precision_at_budget": Measured(partial(precision_at_budget, budget=BUDGET)),
        "alert_precision": Measured(alert_precision, alert),
        "alert_recall": Measured(alert_recall, alert),
        "alert_value_recall": Measured(alert_value_recall, alert | amount),
        "brier": Measured(brier),
        "expected_calibration_error": Measured(expected_calibration_error),
    }
    if not rows.weighted:
        return plain
    return {name: Measured(partial(_standing_for, each.metric), {**each.rows, "stands_for": rows.weight})
            for name, each in plain.items()}  # fmt: skip


def _standing_for(
    metric: Metric, y: ArrayLike, s: ArrayLike, stands_for: FloatArray, weight: FloatArray, **rows: ArrayLike
) -> float:
    """Return a metric where each row counts as the rows that it stands for."""
    return metric(y, s, weight=weight * stands_for, **rows)


def _value(measured: Measured, rows: Labelled) -> float | None:
    try:
        return measured.metric(rows.y, rows.score, weight=np.ones(len(rows)), **measured.rows)
    except SingleClassError:
        return None


def _weights(y: ArrayLike, weight: ArrayLike | None) -> FloatArray:
    return np.ones(np.shape(y)) if weight is None else np.asarray(weight, dtype=np.float64)


def _ratio(part: FloatArray, whole: FloatArray, lacking: str) -> float:
    total = float(whole.sum())
    if total <= 0:
        raise SingleClassError(f"{lacking} among {whole.size} rows; take a longer period")
    return float(part.sum()) / total
