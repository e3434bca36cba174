"""What the gate answers: checks, each with its value, its bound and its reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from pixguard.metrics import Interval


class Outcome(StrEnum):
    """Undecided means too little evidence: it never releases a model, and it blames none."""

    PASSED = "passed"
    FAILED = "failed"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Check:
    """One question put to the challenger; `interval` where the value was resampled."""

    name: str
    outcome: Outcome
    value: float | None
    bound: float | None
    reason: str
    interval: Interval | None = None

    @property
    def passed(self) -> bool:
        """Whether this check lets the challenger through."""
        return self.outcome is Outcome.PASSED


@dataclass(frozen=True)
class CohortResult:
    """Challenger minus opponent in average precision among the rows where `column` is `value`."""

    column: str
    value: str
    rows: int
    frauds: int
    outcome: Outcome
    interval: Interval | None


@dataclass(frozen=True)
class Verdict:
    """All checks, the metrics of every model judged, and the cohorts."""

    checks: tuple[Check, ...]
    metrics: Mapping[str, Mapping[str, Interval]]  # model → metric → interval
    cohorts: tuple[CohortResult, ...]
    rows: int
    frauds: int

    @property
    def outcome(self) -> Outcome:
        """Failed if any check failed, else undecided if any is, else passed."""
        outcomes = {check.outcome for check in self.checks}
        return next((each for each in (Outcome.FAILED, Outcome.UNDECIDED) if each in outcomes), Outcome.PASSED)

    @property
    def passed(self) -> bool:
        """Whether the challenger may be released: every check passed."""
        return bool(self.checks) and self.outcome is Outcome.PASSED

    def to_json(self) -> dict[str, Any]:
        """Return the verdict as JSON values, with the derived outcome of the whole and of each check."""
        checks = [asdict(check) | {"passed": check.passed} for check in self.checks]
        data = asdict(self)
        return {"passed": self.passed, "outcome": self.outcome, **data, "checks": checks}
