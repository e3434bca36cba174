"""The decision: roll back, hold, the next share of the traffic, or promote. Evidence and rules in, reasons out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pixguard.gate.verdict import Outcome
from pixguard.rollout.evidence import Evidence
from pixguard.rollout.guards import Check, guard_checks
from pixguard.rollout.needs import need_checks
from pixguard.rollout.rules import RolloutRules, next_stage


class Action(StrEnum):
    """What to do with the canary now."""

    HOLD = "hold"
    ADVANCE = "advance"
    PROMOTE = "promote"
    ROLL_BACK = "rollback"


@dataclass(frozen=True)
class Decision:
    """What to do, the canary's new share of the traffic, and every check behind it."""

    action: Action
    percent: int
    checks: tuple[Check, ...]

    @property
    def reasons(self) -> tuple[str, ...]:
        """Return why: what failed for a rollback, what lacks for a hold, what was measured for a step."""
        wanted = {Action.ROLL_BACK: Outcome.FAILED, Action.HOLD: Outcome.UNDECIDED}.get(self.action)
        told = (each for each in self.checks if (each.measured if wanted is None else each.outcome is wanted))
        return tuple(f"{each.name}: {each.reason}" for each in told)

    @property
    def figures(self) -> dict[str, list[float | None]]:
        """Return what was measured of both versions, by check: [canary, stable], six digits."""
        return {each.name: [_rounded(each.canary), _rounded(each.stable)] for each in self.checks if each.measured}


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.6g}")


def decide(evidence: Evidence, rules: RolloutRules) -> Decision:
    """Return the next step; a canary shown worse goes, one that shows too little holds."""
    checks = (*guard_checks(evidence, rules), *need_checks(evidence, rules))
    outcomes = {check.outcome for check in checks}
    if Outcome.FAILED in outcomes:
        return Decision(Action.ROLL_BACK, 0, checks)
    if Outcome.UNDECIDED in outcomes:
        return Decision(Action.HOLD, evidence.percent, checks)
    following = next_stage(evidence.percent)
    if following is None:
        return Decision(Action.PROMOTE, 100, checks)
    return Decision(Action.ADVANCE, following, checks)
