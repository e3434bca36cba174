"""What Prometheus reads at /metrics; every series bears the model and its version."""

from __future__ import annotations

import math

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

from pixguard.decision_log import LATE, STALE

LABELS = ("model", "version")
SECONDS = (
    *(0.0001 * n for n in (2.5, 5, 7.5)),
    0.001,
    0.002,
    0.003,
    0.005,
    0.0075,
    0.01,
    0.02,
    0.035,
    0.05,
    0.1,
    0.25,
    1.0,
)
PROBABILITIES = (1e-5, 1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0)
AGES_S = (0.1, 0.5, 1.0, 5.0, 30.0, 60.0, 300.0, 900.0, 3600.0, 6 * 3600.0, 86400.0, 7 * 86400.0, 30 * 86400.0)
OUTCOMES = ("ok", "bad_request", "overload", "error")
DECISIONS = ("approve", "hold", "reject")
DEGRADATIONS = ("store_timeout", "store_error", "circuit_open", "state_damaged", LATE, STALE)

disable_created_metrics()  # type: ignore[no-untyped-call]  # a third of the text, and nothing reads it


class Metrics:
    """The series of one model version; children are made once, since looking labels up costs as much as counting."""

    def __init__(self, model: str, version: str) -> None:
        self._registry = CollectorRegistry()
        self._names = (model, version)
        ProcessCollector(registry=self._registry)
        requests = Counter("pixguard_requests", "Requests by outcome", (*LABELS, "outcome"), registry=self._registry)
        decided = Counter("pixguard_decisions", "Decisions", (*LABELS, "decision"), registry=self._registry)
        poor = Counter(
            "pixguard_degraded", "Decisions that lacked fresh state", (*LABELS, "reason"), registry=self._registry
        )
        self.requests = {each: requests.labels(*self._names, each) for each in OUTCOMES}
        self.decisions = {each: decided.labels(*self._names, each) for each in DECISIONS}
        self.degraded = {each: poor.labels(*self._names, each) for each in DEGRADATIONS}
        self.request_seconds = self._histogram("pixguard_request_seconds", "Seconds to an answer", SECONDS)
        self.state_age_seconds = self._histogram("pixguard_state_age_seconds", "Payment minus newest event", AGES_S)
        self.score = self._histogram("pixguard_score", "Probability of fraud", PROBABILITIES)
        self.replays = self._counter("pixguard_replays", "Payments scored again, which count as no decision")
        self.repeats = self._counter("pixguard_repeats", "Answers given again for an end_to_end_id")
        self.dropped = self._counter("pixguard_decision_log_dropped", "Decisions that the log lost")
        gauge = Gauge("pixguard_ready", "1 while the version answers", LABELS, registry=self._registry)
        self.ready = gauge.labels(*self._names)
        lag = Gauge(
            "pixguard_stream_lag_seconds", "How far state is behind; NaN: no stream", LABELS, registry=self._registry
        )
        self.stream_lag = lag.labels(*self._names)
        self.stream_lag.set(math.nan)  # until it is known

    def text(self) -> bytes:
        """Return the series as Prometheus reads them."""
        return generate_latest(self._registry)

    def _counter(self, name: str, what: str) -> Counter:
        return Counter(name, what, LABELS, registry=self._registry).labels(*self._names)

    def _histogram(self, name: str, what: str, bounds: tuple[float, ...]) -> Histogram:
        return Histogram(name, what, LABELS, buckets=bounds, registry=self._registry).labels(*self._names)
