"""Each night's look by the watch's own parts: drift of every version, what the champion keeps of its promise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from pixguard.decision_log import Record
from pixguard.drift import OWN, Counter, DayVerdict, DriftRules, Judge, days_of
from pixguard.jobs.watch_decisions import judge_of, measures_of
from pixguard.laptop.story.books import Books, window_days
from pixguard.performance import observed, recent
from pixguard.performance.measure import RECENT_DAYS
from pixguard.provenance import KeptVersion
from pixguard.retraining.report import PROMISED

RESAMPLES = 100  # half as many as each night's report has: a story lives through ninety nights
KEPT_DAYS = 14


class Watch:
    """Judges of all versions, each of which remembers its days."""

    def __init__(self, maturity: timedelta) -> None:
        self._maturity, self._rules = maturity, DriftRules()
        self._judges: dict[str, Judge] = {}
        self.verdicts: dict[str, list[DayVerdict]] = {}

    def look(self, decided: Sequence[Mapping[str, Any]], versions: Mapping[str, KeptVersion]) -> None:
        """Count and judge a day."""
        measures = {name: measures_of(each) for name, each in versions.items()}
        day = datetime.fromisoformat(decided[0]["decided_at"]).date()
        counter = Counter(measures, [day])
        counter.add(Record(**each) for each in decided)
        for counts in days_of(counter.table(), {name: each.names for name, each in measures.items()}, OWN):
            name = counts.version
            judge = self._judges.setdefault(name, judge_of(versions[name], measures[name], self._rules))
            self.verdicts.setdefault(name, []).append(judge.look(counts))

    def report(self, champion: str, books: Books, now: datetime) -> dict[str, Any]:
        """Return of the watch's report what a decision on retraining reads."""
        days = [each.to_json() for each in self.verdicts.get(champion, [])[-KEPT_DAYS:]]
        outcomes = books.outcomes(window_days(self._maturity, RECENT_DAYS))
        rows = observed(outcomes, champion, now, self._maturity)
        found = recent(rows, now, self._maturity, PROMISED, resamples=RESAMPLES)
        performance = {"recent": asdict(found)}
        return {"versions": {champion: {"drift": {"days": days}, "performance": performance}}}
