"""What a watch says of one version on one day."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from pixguard.drift.calendar import DayKind


class What(StrEnum):
    """What was found."""

    SKEW = "skew"  # very far from the reference in the first weeks: served features are not the trained ones
    DRIFT = "drift"  # farther from the reference than on any day of this kind before
    SHIFT = "shift"  # far from the version's own days of this kind
    MISSING = "missing"
    UNSEEN = "unseen"
    ALERTS = "alerts"
    DEGRADED = "degraded"


@dataclass(frozen=True, order=True)
class Finding:
    """A figure beyond its bound."""

    cohort: str
    value: str
    measure: str
    what: What
    found: float
    bound: float
    severe: bool = False

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes it the same finding on another day."""
        return self.cohort, self.value, self.measure

    def __str__(self) -> str:
        where = "" if self.cohort == "all" else f" of {self.cohort}={self.value}"
        return f"{self.measure}{where}: {self.what} {self.found:.3g}, {self.bound:.3g} is allowed"


@dataclass(frozen=True)
class Figure:
    """How one measure of all decisions stands: distances from the reference and from the baseline, and their bounds."""

    measure: str
    from_reference: float | None
    reference_bound: float | None
    from_baseline: float | None
    baseline_bound: float | None
    divergence: float | None  # Jensen-Shannon, from the reference where there is one, else from the baseline
    missing_share: float


@dataclass(frozen=True)
class DayVerdict:
    """Findings of one day, and those of them that are alarms: severe, or there on the day before already."""

    day: date
    version: str
    kind: DayKind
    rows: int
    state: str  # judged, learning, too_few
    figures: tuple[Figure, ...] = ()
    findings: tuple[Finding, ...] = ()
    alarms: tuple[Finding, ...] = ()
    began: tuple[Finding, ...] = ()  # alarms that the day before had not

    @property
    def features(self) -> tuple[str, ...]:
        """The measures that the day's alarms name, each once."""
        return tuple(dict.fromkeys(alarm.measure for alarm in self.alarms))

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        data = asdict(self) | {"day": self.day.isoformat(), "features": self.features}
        return data | {"messages": [str(alarm) for alarm in self.alarms]}
