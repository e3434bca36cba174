"""What every source of counts can answer, be it the laptop's proxy or a cluster's Prometheus."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from pixguard.rollout.evidence import Histogram, Tally


@dataclass(frozen=True)
class Trial:
    """A canary's present stage, as Git has it."""

    environment: str
    commit: str  # that last changed the overlay
    asked_at: datetime
    stable: str
    canary: str
    percent: int


@dataclass(frozen=True)
class Now:
    """Whether the canary answers, whether the traffic is divided as Git says, and where replays go."""

    ready: bool
    applied: bool
    stable_endpoints: tuple[str, ...] = ()
    canary_endpoints: tuple[str, ...] = ()
    canary_crashes: int = 0


@dataclass(frozen=True)
class Counted:
    """What was counted of one version since a stage began; None: this source does not know."""

    errors: Tally = field(default_factory=Tally)
    latency_ms: Histogram | None = None
    scores: tuple[int, ...] | None = None
    alerts: Tally | None = None
    degraded: Tally | None = None


class Source(Protocol):
    """A source of counts per version."""

    def now(self, trial: Trial) -> Now:
        """Return how things stand; SourceError where the source does not answer."""

    def mark(self, trial: Trial) -> Mapping[str, Any]:
        """Return what must be remembered of this moment to count from it, as plain JSON."""

    def counted(self, trial: Trial, began: datetime, mark: Mapping[str, Any]) -> tuple[Counted, Counted]:
        """Return the counts of stable and of the canary since `began`, when `mark` was taken."""
