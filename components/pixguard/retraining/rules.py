"""Every number that retraining is decided by, and why it is that number."""

# ruff: noqa: RUF009  (a Bound is frozen: one may serve as a default)
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from pixguard.gate.rules import Bound, replaced


@dataclass(frozen=True)
class RetrainingRules:
    """When to train again, and how often at most; days."""

    max_age_days: Bound = Bound(
        60, "a choice: two months; features reach back 30 days, and two of those hold what a season changes"
    )
    drift_days: Bound = Bound(3, "a choice: an alarm has lasted two days already when it is one; these are days of it")
    drift_window_days: Bound = Bound(5, "a choice: a weekend in between neither confirms nor acquits")
    loss: Bound = Bound(
        0.02, "the whole 95 % interval of what is live lies so far below the whole one of what the gate promised: the "
        "gate's bound for average precision; a figure that promised less than this tells nothing"
    )  # fmt: skip
    loss_days: Bound = Bound(2, "a choice: figures of neighbouring days share nearly all payments; one day may be odd")
    promise_days: Bound = Bound(
        45, "a choice: a successor that promises less does not make less enough; after six weeks it is the new normal"
    )  # fmt: skip
    min_frauds: Bound = Bound(50, "as the gate: with fewer frauds nothing can be told apart")
    min_days_between: Bound = Bound(
        7, "a MED claim takes up to 7 days to be decided (PIX.md): sooner there is little new to learn from"
    )
    answered_days: Bound = Bound(
        14, "a choice: a cause that was answered by a model which did not replace the champion waits two weeks; "
        "another cause does not"
    )  # fmt: skip
    max_runs: Bound = Bound(4, "a choice: a run costs a review and a canary of days; four a month are one a week")
    max_runs_days: Bound = Bound(30, "the days over which max_runs counts")

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> RetrainingRules:
        """Return the default rules with the named bounds replaced; each is {"value": number, "reason": text}."""
        return replaced(cls(), "retraining", data)

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` reads."""
        return asdict(self)
