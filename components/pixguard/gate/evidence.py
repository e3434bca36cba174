"""What the gate looks at: one table of later rows, scored by every model, and facts measured outside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pixguard.errors import PixguardError
from pixguard.metrics import MetricError, roc_auc
from pixguard.metrics.inputs import BoolArray, FloatArray, column, labels, numbers


class EvidenceError(PixguardError, ValueError):
    """Evidence whose columns do not fit together."""


@dataclass(frozen=True)
class Evidence:
    """Later rows [rows] with labels and scores, and what was measured elsewhere; None means not measured.

    `probability` is the challenger's calibrated score; `champion` and `baseline` are any scores. `cohorts` holds one
    column of names [rows] by cohort kind. `trained_until` is the event time of the challenger's last training row.
    """

    y: BoolArray
    probability: FloatArray
    amount_centavos: NDArray[np.int64]
    payer: NDArray[Any]
    event_time: NDArray[np.datetime64]
    champion: FloatArray | None = None
    baseline: FloatArray | None = None
    cohorts: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    trained_until: np.datetime64 | None = None
    train_overlap_rows: int | None = None
    labels_before_event: int | None = None
    latency_p99_ms: float | None = None
    feature_auc: Mapping[str, float] | None = None
    feature_importance: Mapping[str, float] | None = None

    def __post_init__(self) -> None:
        try:
            rows = labels(self.y).size
            for name, scores in self.models.items():
                numbers(f"score of {name}", scores, rows)
            for name, values in {
                "amount_centavos": self.amount_centavos,
                "payer": self.payer,
                "event_time": self.event_time,
                **self.cohorts,
            }.items():
                column(name, values, rows)
        except MetricError as error:
            raise EvidenceError(f"judged rows: {error}") from error
        if self.probability.min() < 0 or self.probability.max() > 1:
            raise EvidenceError("judged rows: the challenger's score leaves 0 to 1; apply its calibration first")

    @property
    def models(self) -> dict[str, FloatArray]:
        """Scores by model name, the challenger first; models that were not given are left out."""
        scores = {"challenger": self.probability, "champion": self.champion, "baseline": self.baseline}
        return {name: values for name, values in scores.items() if values is not None}

    @property
    def frauds(self) -> int:
        """Number of fraud rows."""
        return int(self.y.sum())


def single_feature_auc(y: ArrayLike, features: Mapping[str, ArrayLike]) -> dict[str, float]:
    """Return for each feature how well it ranks fraud alone, whichever way round: max(AUC, 1 - AUC).

    NaN is ranked below every number: that a value is missing can give a label away too.
    """
    areas: dict[str, float] = {}
    for name, values in features.items():
        ranks = np.unique(np.asarray(values, dtype=np.float64), return_inverse=True)[1].astype(np.float64)
        missing = np.isnan(np.asarray(values, dtype=np.float64))
        area = roc_auc(y, np.where(missing, -1.0, ranks))
        areas[name] = max(area, 1 - area)
    return areas
