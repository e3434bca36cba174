"""How good a version is at deciding, on outcomes that have matured: observed, and unbiased where it explores."""

from pixguard.performance.ages import AGES_DAYS, by_age
from pixguard.performance.challengers import Comparison, compare
from pixguard.performance.costs import CostPoint, cheapest, cost_curve
from pixguard.performance.labelled import Labelled, decided, explored, observed
from pixguard.performance.measure import Figures, by_cohort, by_day, figures, recent
from pixguard.performance.watched import Watched, watch

__all__ = [
    "AGES_DAYS",
    "Comparison",
    "CostPoint",
    "Figures",
    "Labelled",
    "Watched",
    "by_age",
    "by_cohort",
    "by_day",
    "cheapest",
    "compare",
    "cost_curve",
    "decided",
    "explored",
    "figures",
    "observed",
    "recent",
    "watch",
]
