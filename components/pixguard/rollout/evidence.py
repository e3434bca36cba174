"""What a look at a canary knows: counts per version since its present stage began. No file, no clock, no network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import accumulate

from pixguard.errors import PixguardError

Cohort = tuple[str, str]
SCORE_EDGES = (0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
"""Bins of the probability of fraud, chosen before any payment is seen: about two a decade, where decisions are made."""


class EvidenceError(PixguardError, ValueError):
    """Counts that cannot be: more hits than trials, negative numbers, histograms that do not fit together."""


@dataclass(frozen=True, slots=True)
class Tally:
    """So many of so many."""

    hits: int = 0
    trials: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.hits <= self.trials:
            raise EvidenceError(f"{self.hits} of {self.trials}: wanted 0 <= hits <= trials")

    @property
    def share(self) -> float | None:
        """Return the plain share, or None of nothing."""
        return self.hits / self.trials if self.trials else None


@dataclass(frozen=True, slots=True)
class Histogram:
    """Counts of values by bucket; `edges` are the buckets' upper ends, ascending."""

    edges: tuple[float, ...] = ()
    counts: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        rising = all(a < b for a, b in zip(self.edges, self.edges[1:], strict=False))
        if len(self.edges) != len(self.counts) or not rising or any(count < 0 for count in self.counts):
            raise EvidenceError(f"histogram of {len(self.edges)} edges and {len(self.counts)} counts: wanted as many, "
                                "edges ascending, no count below 0")  # fmt: skip

    @property
    def total(self) -> int:
        """Return how many values there are."""
        return sum(self.counts)

    def quantile(self, share: float) -> float | None:
        """Return the edge of the bucket that holds the quantile, or None of nothing."""
        wanted = share * self.total
        reached = (edge for edge, below in zip(self.edges, accumulate(self.counts), strict=True) if below >= wanted)
        return next(reached, None) if self.total else None


@dataclass(frozen=True)
class Arm:
    """One version's live requests."""

    errors: Tally = Tally()  # of all requests, as the proxy counted them
    latency_ms: Histogram = Histogram()  # to the answer, as the proxy measured it
    server_latency_ms: Histogram = Histogram()  # within the server, as the decision log has it
    scores: tuple[int, ...] = (0,) * len(SCORE_EDGES)  # decisions by bin of the probability
    alerts: Tally = Tally()  # decisions other than approve
    cohorts: Mapping[Cohort, Tally] = field(default_factory=dict)  # alerts by cohort
    degraded: Tally = Tally()  # decisions that lacked features
    missed: Tally = Tally()  # approved, of payments known to be fraud by now
    wronged: Tally = Tally()  # stopped, of payments known to be honest by now


@dataclass(frozen=True)
class Pairs:
    """Logged payments that were sent to both versions again; none of them counts as a decision."""

    flips: Tally = Tally()  # decided otherwise than by stable, of those that both answered
    failures: Tally = Tally()  # the canary's, of all that were sent
    stable_failures: Tally = Tally()
    latency_ms: Histogram = Histogram()
    stable_latency_ms: Histogram = Histogram()
    scores: tuple[int, ...] = (0,) * len(SCORE_EDGES)
    stable_scores: tuple[int, ...] = (0,) * len(SCORE_EDGES)


@dataclass(frozen=True)
class Evidence:
    """All that is known at one look. Counts begin when the stage of `percent` began."""

    percent: int  # what the overlay gives the canary
    asked_s: float  # seconds since the overlay says so
    stage_s: float  # seconds since the proxy does so: what is counted begins there
    ready: bool  # the canary, now
    applied: bool  # whether the proxy divides the traffic as the overlay says
    stable: Arm
    canary: Arm
    pairs: Pairs
    stored: bool = True  # whether the store holds the canary's version, so that a server may start anew
    unready_s: float = 0.0  # how long the canary has been seen not ready without a break
    crashes: int = 0  # the canary's servers that ended unasked
    notes: tuple[str, ...] = ()  # what could not be gathered, in words
