"""The field's metrics: ranking, cards, probabilities, and bootstrap intervals of all of them (NumPy only)."""

from pixguard.metrics.bootstrap import Draws, Interval, Measured, bootstrap, joint_bootstrap, paired_bootstrap
from pixguard.metrics.cards import card_precision_at_k
from pixguard.metrics.inputs import MetricError, SingleClassError, UndefinedIntervalError
from pixguard.metrics.probability import ReliabilityBin, brier, expected_calibration_error, reliability
from pixguard.metrics.ranking import (
    average_precision,
    precision_at_budget,
    precision_recall_curve,
    recall_at_fpr,
    roc_auc,
    value_detection_rate,
)

__all__ = [
    "Draws",
    "Interval",
    "Measured",
    "MetricError",
    "ReliabilityBin",
    "SingleClassError",
    "UndefinedIntervalError",
    "average_precision",
    "bootstrap",
    "brier",
    "card_precision_at_k",
    "expected_calibration_error",
    "joint_bootstrap",
    "paired_bootstrap",
    "precision_at_budget",
    "precision_recall_curve",
    "recall_at_fpr",
    "reliability",
    "roc_auc",
    "value_detection_rate",
]
