"""How often may be trained: so many days apart, so many runs a month, and no cause twice for the same champion."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from pixguard.retraining.evidence import Evidence, Past
from pixguard.retraining.rules import RetrainingRules


@dataclass(frozen=True)
class Budget:
    """What is left on a day: runs, the first day of the next one, and the causes that wait though they may hold."""

    runs: int  # started within max_runs_days
    left: int
    next_day: date  # not later than the day itself: now
    answered: tuple[str, ...]  # causes whose answer did not replace the champion, and is too young to try again

    def allows(self, day: date) -> bool:
        """Tell whether a run may start on the day at all."""
        return self.left > 0 and self.next_day <= day


def budget_of(evidence: Evidence, rules: RetrainingRules) -> Budget:
    """Return what the runs before the day leave."""
    runs = sorted((each for each in evidence.past if each.trained and each.day < evidence.day), key=lambda e: e.day)
    window = timedelta(days=int(rules.max_runs_days.value))
    recent = [each.day for each in runs if evidence.day - each.day < window]
    most = int(rules.max_runs.value)
    days = [evidence.day]
    if runs:
        days.append(runs[-1].day + timedelta(days=int(rules.min_days_between.value)))
    if len(recent) >= most:
        days.append(recent[-most] + window if most else date.max)
    return Budget(len(recent), max(0, most - len(recent)), max(days), _answered(runs, evidence, rules))


def _answered(runs: list[Past], evidence: Evidence, rules: RetrainingRules) -> tuple[str, ...]:
    wait = timedelta(days=int(rules.answered_days.value))
    own = (each for each in runs if each.champion == evidence.champion and evidence.day - each.day < wait)
    return tuple(dict.fromkeys(cause for each in own for cause in each.trained))
