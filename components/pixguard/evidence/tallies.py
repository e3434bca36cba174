"""Records of decisions → counts per version. A payment counts once, however often a client repeats it."""

from __future__ import annotations

import bisect
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from pixguard.evidence.decisions import Record
from pixguard.rollout.cohorts import cohorts_of
from pixguard.rollout.evidence import SCORE_EDGES, Arm, Cohort, Histogram, Tally

LATENCY_EDGES_MS = tuple(round(0.05 * 1.05**step, 6) for step in range(302))
"""From 0.05 ms to two minutes in steps of 5 %; what takes longer counts in the last."""


class Latencies:
    """Counts latencies in buckets of 5 %."""

    def __init__(self) -> None:
        self.counts = [0] * len(LATENCY_EDGES_MS)

    def add(self, ms: float) -> None:
        """Count one."""
        self.counts[min(bisect.bisect_left(LATENCY_EDGES_MS, ms), len(self.counts) - 1)] += 1

    def histogram(self) -> Histogram:
        """Return the counts; empty ones beyond the last value are left out of neither side of a comparison."""
        return Histogram(LATENCY_EDGES_MS, tuple(self.counts))


def score_bin(probability: float) -> int:
    """Return the bin of a probability of fraud."""
    return min(bisect.bisect_left(SCORE_EDGES, probability), len(SCORE_EDGES) - 1)


@dataclass
class _Version:
    scores: list[int] = field(default_factory=lambda: [0] * len(SCORE_EDGES))
    latencies: Latencies = field(default_factory=Latencies)
    decisions: int = 0
    alerts: int = 0
    degraded: int = 0
    cohorts: dict[Cohort, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    stopped: dict[str, bool] = field(default_factory=dict)  # by id, where labels are expected


class Tallies:
    """Counts the decisions of each version; with `keep_ids` it can be asked about labels that arrive later."""

    def __init__(self, *, keep_ids: bool = False) -> None:
        self._versions: dict[str, _Version] = defaultdict(_Version)
        self._seen: set[int] = set()
        self._keep_ids = keep_ids

    def add(self, record: Record) -> None:
        """Count one decision; replays and repeats are none."""
        identity = hash(record["end_to_end_id"])
        if record["replay"] or identity in self._seen:
            return
        self._seen.add(identity)
        version, alert = self._versions[record["version"]], record["decision"] != "approve"
        version.decisions += 1
        version.alerts += alert
        version.degraded += bool(record["degraded"])
        version.scores[score_bin(record["probability"])] += 1
        version.latencies.add(record["latency_us"] / 1000)
        for cohort in cohorts_of(record["payment"]):
            version.cohorts[cohort][0] += alert
            version.cohorts[cohort][1] += 1
        if self._keep_ids:
            version.stopped[record["end_to_end_id"]] = alert

    def arm(self, name: str, errors: Tally, latency_ms: Histogram | None, labels: Mapping[str, bool]) -> Arm:
        """Return one version's counts beside what the proxy counted."""
        version = self._versions[name]
        known = [(stopped, labels[one]) for one, stopped in version.stopped.items() if one in labels]
        frauds = [stopped for stopped, fraud in known if fraud]
        honest = [stopped for stopped, fraud in known if not fraud]
        return Arm(
            errors=errors,
            latency_ms=latency_ms or Histogram(),
            server_latency_ms=version.latencies.histogram(),
            scores=tuple(version.scores),
            alerts=Tally(version.alerts, version.decisions),
            cohorts={cohort: Tally(*counts) for cohort, counts in version.cohorts.items()},
            degraded=Tally(version.degraded, version.decisions),
            missed=Tally(len(frauds) - sum(frauds), len(frauds)),
            wronged=Tally(sum(honest), len(honest)),
        )
