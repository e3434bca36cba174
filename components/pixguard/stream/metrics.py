"""What a running stream tells Prometheus: messages by outcome, freshness, batches and keys."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import HistogramMetricFamily
from prometheus_client.registry import Collector

from pixguard.stream.heartbeat import Progress
from pixguard.stream.query import ACCEPTED
from pixguard.stream.sink import FRESHNESS_S, Written

_NAME = "pixguard_stream_freshness_seconds"
_BATCH_S = (0.25, 0.5, 1, 2, 3, 5, 10, 30, 60)


class Freshness(Collector):
    """How old the newest event of a key was when it became visible to requests; counted by the writers, added here."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts, self._sum_s = [0] * (len(FRESHNESS_S) + 1), 0.0

    def add(self, written: Written) -> None:
        """Add what a batch wrote."""
        with self._lock:
            self._counts = [old + new for old, new in zip(self._counts, written.lags, strict=True)]
            self._sum_s += written.lag_s

    def collect(self) -> Iterator[HistogramMetricFamily]:
        """Return the histogram as Prometheus wants it: each bucket holds those below it too."""
        with self._lock:
            counts, total = list(self._counts), self._sum_s
        buckets, below = [], 0
        for bound, count in zip((*map(str, FRESHNESS_S), "+Inf"), counts, strict=True):
            below += count
            buckets.append((bound, below))
        yield HistogramMetricFamily(_NAME, "Age of a key's newest event when written.", buckets, sum_value=total)


class StreamMetrics:
    """The metrics of one stream, in a registry of its own."""

    def __init__(self, feature_set: str) -> None:
        self.registry = CollectorRegistry()
        self.freshness = Freshness()
        self.registry.register(self.freshness)
        self._set = feature_set
        labels = ("feature_set", "outcome")
        self.messages = Counter("pixguard_stream_messages", "Messages by outcome.", labels, registry=self.registry)
        self.keys = Counter("pixguard_stream_keys_written", "Keys written.", labels[:1], registry=self.registry)
        self.bytes = Counter("pixguard_stream_bytes_written", "Bytes of state.", labels[:1], registry=self.registry)
        self.batch_s = Histogram(
            "pixguard_stream_batch_seconds", "Time of a batch.", labels[:1], buckets=_BATCH_S, registry=self.registry
        )
        self.state_bytes = Gauge(
            "pixguard_stream_state_bytes", "RocksDB's files, all partitions.", labels[:1], registry=self.registry
        )
        for outcome in ("accepted", "dead", "duplicate", "late"):
            self.messages.labels(feature_set, outcome)
        self.batches = 0

    def wrote(self, _number: int, written: Written) -> None:
        """Take what a batch wrote."""
        self.freshness.add(written)
        self.keys.labels(self._set).inc(written.keys)
        self.bytes.labels(self._set).inc(written.bytes)

    def died(self, count: int) -> None:
        """Take a number of dead letters."""
        self.messages.labels(self._set, "dead").inc(count)

    def progressed(self, told: Progress) -> None:
        """Take the progress of a batch."""
        self.batches += 1
        for outcome, count in outcomes(told).items():
            self.messages.labels(self._set, outcome).inc(count)
        sizes = (one.get("customMetrics", {}).get("rocksdbSstFileSize", 0) for one in told["stateOperators"])
        self.state_bytes.labels(self._set).set(sum(sizes))
        self.batch_s.labels(self._set).observe(told["durationMs"].get("triggerExecution", 0) / 1000)


def outcomes(progress: Progress) -> dict[str, int]:
    """Return how many messages of a batch were accepted, duplicates and too late, from Spark's progress."""
    dedup: dict[str, Any] = next(
        (one for one in progress["stateOperators"] if one["operatorName"] == "dedupeWithinWatermark"), {}
    )
    late = int(dedup.get("numRowsDroppedByWatermark", 0))
    duplicate = int(dedup.get("customMetrics", {}).get("numDroppedDuplicateRows", 0))
    facts = int((progress.get("observedMetrics", {}).get(ACCEPTED) or {}).get("facts", 0))
    return {"accepted": max(facts - late - duplicate, 0), "duplicate": duplicate, "late": late}
