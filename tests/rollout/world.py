"""Simulated canaries: two versions that serve, and what a look at them finds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pixguard.rollout import SCORE_EDGES, Arm, Evidence, Histogram, Pairs, Tally
from pixguard.rollout.cohorts import COHORTS

LATENCY_EDGES = tuple(float(0.5 * 1.15**i) for i in range(60))
SCORES = np.array([0.3, 0.3, 0.2, 0.1, 0.05, 0.02, 0.015, 0.01, 0.005])


@dataclass(frozen=True)
class Behaviour:
    """How a version behaves; the defaults are those of a good one."""

    errors: float = 0.002
    alerts: float = 0.03
    degraded: float = 0.01
    missed: float = 0.3
    wronged: float = 0.01
    latency_ms: float = 4.0
    flips: float = 0.02
    scores: tuple[float, ...] = tuple(SCORES)


@dataclass
class Version:
    """Counts that grow from look to look."""

    behaviour: Behaviour
    counts: dict[str, np.ndarray[Any, Any]] = field(default_factory=dict)

    def serve(self, rng: np.random.Generator, requests: int) -> None:
        does = self.behaviour
        bad = rng.binomial(requests, does.errors)
        self._add("errors", bad, requests)
        good = requests - bad
        self._add("alerts", rng.binomial(good, does.alerts), good)
        self._add("degraded", rng.binomial(good, does.degraded), good)
        frauds = rng.binomial(good, 0.01)
        self._add("missed", rng.binomial(frauds, does.missed), frauds)
        self._add("wronged", rng.binomial(good // 20, does.wronged), good // 20)
        members = rng.binomial(good, 0.2, len(COHORTS))
        self._add("cohorts", *np.stack([rng.binomial(members, does.alerts), members]))
        latency = does.latency_ms * rng.lognormal(0, 0.4, good)
        self._add("latency", *np.histogram(latency, [0, *LATENCY_EDGES[:-1], np.inf])[0])
        self._add("scores", *rng.multinomial(good, does.scores))

    def _add(self, name: str, *values: Any) -> None:
        self.counts[name] = self.counts.get(name, 0) + np.stack(values)

    def _tally(self, name: str) -> Tally:
        hits, trials = self.counts.get(name, np.zeros(2, dtype=int))
        return Tally(int(hits), int(trials))

    @property
    def latency(self) -> Histogram:
        counts = self.counts.get("latency", np.zeros(len(LATENCY_EDGES), dtype=int))
        return Histogram(LATENCY_EDGES, tuple(int(count) for count in counts))

    @property
    def scores(self) -> tuple[int, ...]:
        return tuple(int(count) for count in self.counts.get("scores", np.zeros(len(SCORE_EDGES), dtype=int)))

    def arm(self) -> Arm:
        cohorts = self.counts.get("cohorts", np.zeros((2, len(COHORTS)), dtype=int))
        return Arm(
            errors=self._tally("errors"),
            latency_ms=self.latency,
            server_latency_ms=self.latency,
            scores=self.scores,
            alerts=self._tally("alerts"),
            cohorts={name: Tally(int(h), int(n)) for name, h, n in zip(COHORTS, *cohorts, strict=True)},
            degraded=self._tally("degraded"),
            missed=self._tally("missed"),
            wronged=self._tally("wronged"),
        )


class Trial:
    """A stage of a canary: `look` adds requests to both versions and pairs, and returns the evidence."""

    def __init__(self, rng: np.random.Generator, percent: int, stable: Behaviour, canary: Behaviour) -> None:
        self.rng, self.percent, self.seconds = rng, percent, 0.0
        self.stable, self.canary = Version(stable), Version(canary)
        self.replayed = Version(stable), Version(canary)
        self.flips = np.zeros(2, dtype=int)

    def look(self, requests: int, pairs: int, seconds: float = 20) -> Evidence:
        self.seconds += seconds
        mine = int(self.rng.binomial(requests, self.percent / 100))
        self.stable.serve(self.rng, requests - mine)
        self.canary.serve(self.rng, mine)
        for version in self.replayed:
            version.serve(self.rng, pairs)
        self.flips += (self.rng.binomial(pairs, self.canary.behaviour.flips), pairs)
        stable, canary = (version.arm() for version in self.replayed)
        found = Pairs(
            flips=Tally(*(int(each) for each in self.flips)),
            failures=canary.errors,
            stable_failures=stable.errors,
            latency_ms=canary.latency_ms,
            stable_latency_ms=stable.latency_ms,
            scores=canary.scores,
            stable_scores=stable.scores,
        )
        return Evidence(
            self.percent, self.seconds, self.seconds, True, True, self.stable.arm(), self.canary.arm(), found
        )
