"""Metrics of a ranking: what is caught when payments are inspected from the highest score down.

All accept row weights (a bootstrap resample is a vector of counts) and treat tied scores as one block: no metric
depends on the order of rows. Rows that come sorted by falling score are not sorted again, which makes resampling cheap.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from pixguard.metrics.inputs import FloatArray, SingleClassError, labels, numbers, share, weights


@dataclass(frozen=True)
class Blocks:
    """Weight of all rows, of frauds and of one extra quantity, cumulated over blocks of equal score, highest first."""

    scores: FloatArray  # [blocks]
    rows: FloatArray  # [blocks], cumulated
    frauds: FloatArray  # [blocks], cumulated
    value: FloatArray  # [blocks], cumulated: fraud value where amounts are given, else as frauds

    @property
    def honest(self) -> FloatArray:
        """Cumulated weight of honest rows [blocks]."""
        return self.rows - self.frauds


def cumulate(y: ArrayLike, s: ArrayLike, weight: ArrayLike | None, amount: ArrayLike | None = None) -> Blocks:
    """Sort rows by falling score and cumulate them over tied blocks; MetricError on unusable inputs."""
    y_rows = labels(y)
    s_rows = numbers("score", s, y_rows.size)
    w_rows = weights(weight, y_rows.size)
    w_rows = np.ones(y_rows.size) if w_rows is None else w_rows
    frauds = w_rows * y_rows
    value = frauds if amount is None else frauds * numbers("amount", amount, y_rows.size)
    if np.any(s_rows[:-1] < s_rows[1:]):
        order = np.argsort(-s_rows, kind="stable")
        s_rows, w_rows, frauds, value = s_rows[order], w_rows[order], frauds[order], value[order]
    ends = np.append(np.flatnonzero(s_rows[:-1] != s_rows[1:]), s_rows.size - 1)
    cumulated_frauds = np.cumsum(frauds)[ends]
    return Blocks(
        scores=s_rows[ends],
        rows=np.cumsum(w_rows)[ends],
        frauds=cumulated_frauds,
        value=cumulated_frauds if amount is None else np.cumsum(value)[ends],
    )


def both_classes(blocks: Blocks) -> Blocks:
    """Return the blocks; SingleClassError unless they hold frauds and honest rows."""
    frauds, honest = blocks.frauds[-1], blocks.honest[-1]
    if frauds <= 0 or honest <= 0:
        raise SingleClassError(
            f"{frauds:g} frauds and {honest:g} honest rows: both are needed; take a longer period or check the labels"
        )
    return blocks


def average_precision(y: ArrayLike, s: ArrayLike, weight: ArrayLike | None = None) -> float:
    """Return the sum of precision times the gain of recall over all thresholds (as scikit-learn defines it)."""
    blocks = both_classes(cumulate(y, s, weight))
    precision = np.divide(blocks.frauds, blocks.rows, out=np.zeros_like(blocks.rows), where=blocks.rows > 0)
    return float(np.sum(np.diff(blocks.frauds, prepend=0.0) * precision) / blocks.frauds[-1])


def roc_auc(y: ArrayLike, s: ArrayLike, weight: ArrayLike | None = None) -> float:
    """Return the chance that a fraud scores above an honest row, a tie counting one half (Hanley and McNeil 1982)."""
    blocks = both_classes(cumulate(y, s, weight))
    recall = blocks.frauds / blocks.frauds[-1]
    false_alarms = blocks.honest / blocks.honest[-1]
    return float(np.trapezoid(np.append(0.0, recall), np.append(0.0, false_alarms)))


def recall_at_fpr(y: ArrayLike, s: ArrayLike, fpr: float, weight: ArrayLike | None = None) -> float:
    """Return the recall of the lowest threshold whose false-positive rate is at most `fpr`.

    Nothing is interpolated: only a threshold that a policy could really use counts, so tied scores are taken whole.
    """
    blocks = both_classes(cumulate(y, s, weight))
    allowed = share("fpr", fpr) * blocks.honest[-1] * (1 + 1e-12)  # 1e-12: 0.1 * 30 rows is 3 rows, not 2.9999...
    usable = np.searchsorted(blocks.honest, allowed, side="right")
    return 0.0 if usable == 0 else float(blocks.frauds[usable - 1] / blocks.frauds[-1])


def value_detection_rate(
    y: ArrayLike, s: ArrayLike, amount: ArrayLike, budget: float, weight: ArrayLike | None = None
) -> float:
    """Return the share of fraud value among the `budget` share of payments with the highest scores.

    `amount` is in any one unit [rows], zero or more; where the budget ends inside a block of tied scores, the block
    counts in proportion (the expectation over random orders).
    """
    blocks = both_classes(cumulate(y, s, weight, amount))
    if blocks.value[-1] <= 0:
        raise SingleClassError("the fraud rows have no value: their amounts sum to 0; check the amount column")
    return _within(blocks.rows, blocks.value, budget) / float(blocks.value[-1])


def precision_at_budget(y: ArrayLike, s: ArrayLike, budget: float, weight: ArrayLike | None = None) -> float:
    """Return the share of frauds among the `budget` share of payments with the highest scores (ties in proportion)."""
    blocks = both_classes(cumulate(y, s, weight))
    return _within(blocks.rows, blocks.frauds, budget) / float(share("budget", budget) * blocks.rows[-1])


def precision_recall_curve(y: ArrayLike, s: ArrayLike) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return precision, recall and threshold at every distinct score, highest score first [blocks]."""
    blocks = both_classes(cumulate(y, s, None))
    return blocks.frauds / blocks.rows, blocks.frauds / blocks.frauds[-1], blocks.scores


def _within(rows: FloatArray, quantity: FloatArray, budget: float) -> float:
    alerts = share("budget", budget) * rows[-1]
    return float(np.interp(alerts, np.append(0.0, rows), np.append(0.0, quantity)))


ORDER_ONLY = frozenset({average_precision, roc_auc, recall_at_fpr, value_detection_rate, precision_at_budget})
"""Metrics that see nothing but the order of scores, and of honest rows only how many lie between frauds."""
