"""The decision: roll back, hold, the next share of the traffic, or promote. Evidence and rules in, reasons out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

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
        """Return why: what failed for a rollback, what lacks for a hold, the figures of a step."""
        wanted = {Action.ROLL_BACK: Outcome.FAILED, Action.HOLD: Outcome.UNDECIDED}.get(self.action, Outcome.PASSED)
        return tuple(f"{each.name}: {each.reason}" for each in self.checks if each.outcome is wanted)

    def to_json(self) -> Mapping[str, Any]:
        """Return plain data."""
        return asdict(self)


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
