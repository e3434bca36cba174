"""What a threshold costs in BRL on matured payments: frauds let go, frauds held in vain, and the price of holding."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pixguard.metrics.inputs import FloatArray
from pixguard.performance.labelled import Labelled
from pixguard.policy import Costs

THRESHOLDS = np.geomspace(1e-4, 1, 41)


@dataclass(frozen=True)
class CostPoint:
    """What it costs to hold everything from a probability on, BRL over all rows."""

    threshold: float
    alerts: float
    lost_brl: float  # frauds let through, and those that holding does not stop
    handling_brl: float

    @property
    def total_brl(self) -> float:
        """Both together."""
        return self.lost_brl + self.handling_brl


def cost_curve(rows: Labelled, costs: Costs, thresholds: FloatArray = THRESHOLDS) -> list[CostPoint]:
    """Return the cost of each threshold; a hold catches its share of the fraud, as the policy says."""
    order = np.argsort(rows.score)
    score, weight = rows.score[order], rows.weight[order]
    stolen = (rows.weight * rows.y * rows.amount_centavos * costs.loss_share.value / 100)[order]
    first = np.searchsorted(score, thresholds, side="left")
    below = np.append(0.0, np.cumsum(stolen))
    alerts = weight.sum() - np.append(0.0, np.cumsum(weight))
    missed = below[first] + (below[-1] - below[first]) * (1 - costs.hold_catches.value)
    handling = alerts[first] * costs.hold_cost_centavos.value / 100
    points = zip(thresholds, alerts[first], missed, handling, strict=True)
    return [CostPoint(*(float(value) for value in point)) for point in points]


def cheapest(points: list[CostPoint]) -> CostPoint:
    """Return the point of least cost."""
    return min(points, key=lambda point: point.total_brl)
