"""The decision: train, or wait. Evidence and rules in, every trigger, the budget and the reasons out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from pixguard.retraining.budget import Budget, budget_of
from pixguard.retraining.evidence import Evidence
from pixguard.retraining.rules import RetrainingRules
from pixguard.retraining.triggers import Cause, Trigger, short_of, triggers


class Action(StrEnum):
    """What to do today."""

    TRAIN = "train"
    WAIT = "wait"


@dataclass(frozen=True)
class Decision:
    """What to do, for which causes, what was looked at, and what the budget said."""

    action: Action
    causes: tuple[Cause, ...]  # that a run is started for; none where it waits
    reasons: tuple[str, ...]
    triggers: tuple[Trigger, ...]
    budget: Budget
    short: tuple[str, ...]  # figures below their promise: the next days' decisions ask whether that lasts


def decide(evidence: Evidence, rules: RetrainingRules) -> Decision:
    """Return whether to train: a cause holds that was not just answered, no canary runs, and the budget allows it."""
    found = tuple(triggers(evidence, rules))
    budget = budget_of(evidence, rules)
    fired = tuple(each for each in found if each.fired)
    open_ = tuple(each.cause for each in fired if each.cause not in budget.answered)
    free = budget.allows(evidence.day) and not evidence.on_trial
    action = Action.TRAIN if open_ and free else Action.WAIT
    causes = open_ if action is Action.TRAIN else ()
    reasons = tuple(f"{each.cause}: {each.reason}" for each in fired) or ("nothing asks for it",)
    if action is Action.WAIT and fired:
        reasons = (*reasons, *_waits(fired, budget, evidence))
    return Decision(action, causes, reasons, found, budget, short_of(evidence, rules))


def _waits(fired: tuple[Trigger, ...], budget: Budget, evidence: Evidence) -> Iterator[str]:
    """Yield why it waits though something asks for it."""
    for each in fired:
        if each.cause in budget.answered:
            yield f"{each.cause} was answered already, and {evidence.champion} still serves"
    if evidence.on_trial:
        yield f"{evidence.on_trial} is on trial: one successor at a time"
    if not budget.allows(evidence.day):
        yield f"the budget is spent until {budget.next_day}: {budget.runs} runs, {budget.left} left"
