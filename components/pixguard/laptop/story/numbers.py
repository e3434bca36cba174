"""What a story comes to: how late the change was noticed, what was lost, how often it cried wolf, what is estimated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from pixguard.laptop.story.play import Event, Story, What
from pixguard.metrics import Interval
from pixguard.performance import Labelled, explored, figures, observed
from pixguard.retraining import Cause

RECALL = ("alert_recall",)
_ALARMS = {str(Cause.DRIFT), str(Cause.LOSS)}


@dataclass(frozen=True)
class Numbers:
    """None: it did not happen. A false alarm: days in a row on which drift or loss held though nothing had changed.

    What is lost "during" the change is lost until a version is promoted that was trained after it had been noticed.
    """

    detection_delay_days: int | None
    promoted_day: int | None
    value_lost_per_day_before: float
    value_lost_per_day_during: float | None
    value_lost_per_day_after: float | None
    false_alarms: int
    drift_alarm_days: int
    runs: int
    refused: int

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        return asdict(self)


def numbers(story: Story, *, change: bool) -> Numbers:
    """Return the numbers; where nothing changes, all days are "before"."""
    new = story.world.plan.new_day if change else len(story.lost_brl)
    wolf = [bool(_ALARMS & set(causes)) for causes in story.fired]
    alarmed = _begin(wolf)
    seen = next((day for day in alarmed if day >= new), None)
    since = len(wolf) if seen is None else seen
    answers = {_version(each) for each in story.events if each.what is What.TRAINED and each.day >= since}
    promoted = next((e.day for e in story.events if e.what is What.PROMOTED and _version(e) in answers), None)
    end = len(story.lost_brl) if promoted is None else promoted + 1
    return Numbers(
        detection_delay_days=None if seen is None else seen + 1 - new,
        promoted_day=None if promoted is None else promoted + 1,
        value_lost_per_day_before=float(np.mean(story.lost_brl[:new])),
        value_lost_per_day_during=_mean(story.lost_brl[new:end]),
        value_lost_per_day_after=_mean(story.lost_brl[end:]),
        false_alarms=sum(day < new for day in alarmed),
        drift_alarm_days=sum(alarms > 0 for alarms in story.alarms[:new]),
        runs=sum(each.what in {What.TRAINED, What.REFUSED} for each in story.events),
        refused=sum(each.what is What.REFUSED for each in story.events),
    )


@dataclass(frozen=True)
class Estimate:
    """How many of the frauds the policy stops or would have stopped: two estimates from reports alone, and the truth.

    `explored` weighs what exploration let through; `naive` takes what was let through as if it were all. The truth is
    the simulator's, of the same payments: those that had a chance to be let through.
    """

    rows: int
    truth: float
    explored: Interval | None
    naive: Interval | None

    @property
    def covers(self) -> bool:
        """Whether the interval with exploration holds the truth."""
        return self.explored is not None and self.explored.low <= self.truth <= self.explored.high

    @property
    def bias(self) -> float | None:
        """How far the estimate without exploration is from the truth."""
        return None if self.naive is None else self.naive.estimate - self.truth


def estimate(story: Story, now: datetime, maturity: timedelta) -> Estimate:
    """Return both estimates of the first version's recall, as if no analyst had looked at what was stopped."""
    outcomes = story.books.outcomes(analysts=False)
    fair = explored(outcomes, story.first, now, maturity)
    naive = observed(outcomes, story.first, now, maturity)
    of_version = np.asarray(outcomes.decisions["version"].to_numpy() == story.first, dtype=np.bool_)
    chance = of_version & outcomes.matured(now, maturity) & (outcomes.let_through > 0)
    frauds = chance & story.books.truth()
    alert = outcomes.blocked | (outcomes.let_through < 1)
    return Estimate(int(chance.sum()), float(alert[frauds].mean()), _recall(fair), _recall(naive))


def _version(event: Event) -> str:
    return event.detail.partition(",")[0]


def _recall(rows: Labelled) -> Interval | None:
    return figures(rows, RECALL).values[RECALL[0]]


def _begin(days: Sequence[bool]) -> list[int]:
    """Return the days on which a run of true ones begins."""
    return [day for day, (before, now) in enumerate(zip([False, *days], days, strict=False)) if now and not before]


def _mean(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if values else None
