"""All of a version's performance in one piece, as the watch reports it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from pixguard.outcomes import Outcomes
from pixguard.performance.ages import by_age
from pixguard.performance.challengers import Comparison, compare
from pixguard.performance.costs import CostPoint, cheapest, cost_curve
from pixguard.performance.labelled import Labelled, explored, observed, without_chance
from pixguard.performance.measure import RESAMPLES, Figures, by_cohort, by_day, figures, recent
from pixguard.policy import Policy


@dataclass(frozen=True)
class Watched:
    """One version's performance at a cut-off. `unbiased` is None where nothing was explored."""

    version: str
    maturity_days: int
    observed: Figures
    unbiased: Figures | None
    recent: Figures  # of the last RECENT_DAYS that have matured: what is kept now of what the gate promised
    without_chance: int  # matured payments that were blocked for sure: no estimate speaks for them
    cohorts: Mapping[str, Mapping[str, Figures]]
    days: list[dict[str, Any]]
    ages: list[dict[str, Any]]
    challengers: list[Comparison]
    costs: list[CostPoint]
    cheapest: CostPoint | None

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        costs = [asdict(point) | {"total_brl": point.total_brl} for point in self.costs]
        best = asdict(self.cheapest) | {"total_brl": self.cheapest.total_brl} if self.cheapest else None
        return asdict(self) | {"costs": costs, "cheapest": best}


def watch(
    outcomes: Outcomes,
    version: str,
    cut_off: datetime,
    maturity: timedelta,
    policy: Policy | None = None,
    *,
    resamples: int = RESAMPLES,
) -> Watched:
    """Measure one version on what had matured at the cut-off; the unbiased rows where there are some, for the costs."""
    known = observed(outcomes, version, cut_off, maturity)
    fair = explored(outcomes, version, cut_off, maturity)
    costs = cost_curve(_best(known, fair), (policy or Policy()).costs) if len(known) else []
    return Watched(
        version=version,
        maturity_days=maturity.days,
        observed=figures(known, resamples=resamples),
        unbiased=figures(fair, resamples=resamples) if fair.weighted else None,
        recent=recent(known, cut_off, maturity, resamples=resamples),
        without_chance=int(without_chance(outcomes, version, cut_off, maturity).sum()),
        cohorts=by_cohort(known, resamples=resamples),
        days=by_day(known),
        ages=by_age(outcomes, version, cut_off),
        challengers=compare(outcomes, version, cut_off, maturity, resamples=resamples),
        costs=costs,
        cheapest=cheapest(costs) if costs else None,
    )


def _best(known: Labelled, fair: Labelled) -> Labelled:
    return fair if fair.weighted else known
