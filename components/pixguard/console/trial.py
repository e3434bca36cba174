"""The canary's evidence as the advancer would judge it now: the same counts, the same pure decision, nothing written.

The stage begins when an advancer says so, in its journal beside the plane. No payment is replayed from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from pixguard.evidence import Gatherer, Plane, Trial
from pixguard.evidence.stage import Stage
from pixguard.release.history import Entry
from pixguard.rollout import Check, RolloutRules, decide

LOOK_S = 1.5


class Watched:
    """Looks at the present trial, every second and a half at most."""

    def __init__(self, state: Path, environment: str, rules: RolloutRules | None = None) -> None:
        self._journal, self._environment = state / "advance", environment
        self._rules = rules or RolloutRules()
        self._trial: Trial | None = None
        self._gatherer: Gatherer | None = None
        self._next = 0.0
        self._last: Mapping[str, Any] | None = None

    def look(self, now_s: float, newest: Entry | None, versions_url: str, decisions: Path) -> Mapping[str, Any] | None:
        """Return the checks as they stand; None where no canary runs. SourceError where a source does not answer."""
        trial = trial_of(newest, self._environment)
        if trial is None:
            self._trial = self._gatherer = None
            return None
        if trial != self._trial or now_s >= self._next:
            self._last = self._judged(trial, versions_url, decisions)
            self._trial, self._next = trial, now_s + LOOK_S
        return self._last

    def _judged(self, trial: Trial, versions_url: str, decisions: Path) -> Mapping[str, Any]:
        stage = Stage(trial, self._journal)
        if stage.began is None:
            return {"began": None, "action": None, "next": None, "checks": []}
        if trial != self._trial or self._gatherer is None:
            source = Plane(versions_url)
            self._gatherer = Gatherer(source, decisions=decisions, journal=self._journal, batch=0)
        evidence = replace(self._gatherer.look(trial), pairs=stage.journal.summary())
        decision = decide(evidence, self._rules)
        return {
            "began": stage.began.isoformat(),
            "action": str(decision.action),
            "next": decision.percent,
            "checks": [to_json(check) for check in decision.checks],
        }


def trial_of(newest: Entry | None, environment: str) -> Trial | None:
    """Return the trial that the newest entry of the history says is on."""
    if newest is None or newest.state is None or newest.state.canary is None:
        return None
    canary = newest.state.canary
    asked_at = datetime.fromisoformat(newest.time)
    stable = newest.state.stable.name
    return Trial(environment, newest.commit, asked_at, stable, canary.version.name, canary.percent)


def to_json(check: Check) -> Mapping[str, Any]:
    """Return one check as the page shows it."""
    return {
        "name": check.name,
        "outcome": str(check.outcome),
        "canary": check.canary,
        "stable": check.stable,
        "reason": check.reason,
    }
