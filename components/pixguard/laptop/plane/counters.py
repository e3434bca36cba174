"""Requests, errors and latencies by version, from Envoy's statistics; they never go back, though Envoy may start anew.

What a version answered with a 5xx, and what it did not answer (refused, reset, timed out: Envoy answers 503 or 504 for
it), is an error. gRPC says how it went in a trailer: its errors are the statuses that blame the server. Latencies are
those of answers, in whole milliseconds, Envoy's own resolution; those below one are said to be half of one.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pixguard.laptop.plane.envoy import GRPC

FILTER = r"^cluster\..*(upstream_rq_(completed|5xx|time)|grpc\.\d+)$"
# UNKNOWN, DEADLINE_EXCEEDED, INTERNAL, UNAVAILABLE, DATA_LOSS; what Envoy itself gives up on is UNAVAILABLE.
_SERVERS_FAULT = {"grpc_2", "grpc_4", "grpc_13", "grpc_14", "grpc_15"}
_SAMPLE = re.compile(r"envoy_cluster_(\w+)\{(.*)\} (\d+)")
_LABEL = re.compile(r'(\w+)="([^"]*)"')


@dataclass(frozen=True)
class Counts:
    """What happened to a version: requests answered or given up, errors among them, and answers by latency."""

    requests: int = 0
    errors: int = 0
    histogram: Mapping[float, int] = field(default_factory=dict)  # upper bound in ms → answers up to it, cumulative

    def __add__(self, other: Counts) -> Counts:
        bounds = self.histogram.keys() | other.histogram.keys()
        both = {each: self.histogram.get(each, 0) + other.histogram.get(each, 0) for each in sorted(bounds)}
        return Counts(self.requests + other.requests, self.errors + other.errors, both)

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        bounds = [[None if math.isinf(bound) else bound, count] for bound, count in self.histogram.items()]
        return {"requests": self.requests, "errors": self.errors, "histogram": bounds}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Counts:
        """Return what `to_json` made data of."""
        bounds = {math.inf if bound is None else float(bound): int(count) for bound, count in data["histogram"]}
        return cls(int(data["requests"]), int(data["errors"]), bounds)

    def quantile_ms(self, share: float) -> float | None:
        """Return the latency that `share` of the answers stayed below, straight within a bucket; None without any."""
        total = max(self.histogram.values(), default=0)
        below, count = 0.0, 0
        for bound, up_to in sorted(self.histogram.items()):
            if total and up_to >= share * total:
                if math.isinf(bound):
                    return below  # beyond the last bound, nothing more is known
                within = (share * total - count) / max(up_to - count, 1)
                return round(below + (bound - below) * within, 3)
            below, count = bound, up_to
        return None


def read_counts(text: str) -> dict[str, Counts]:
    """Return the counts by version in Envoy's Prometheus text."""
    found: dict[str, Counts] = {}
    for cluster, metric, labels, value in _samples(text):
        version = cluster.removesuffix(GRPC)
        found[version] = found.get(version, Counts()) + _count(cluster.endswith(GRPC), metric, labels, value)
    return found


class Ledger:
    """Counts over Envoy's lives: what an ended one had counted is kept and added to."""

    def __init__(self, kept: Mapping[str, Any] | None = None) -> None:
        saved = kept or {}
        self._life = saved.get("life")
        self._past = {name: Counts.from_json(each) for name, each in saved.get("past", {}).items()}
        self._now = {name: Counts.from_json(each) for name, each in saved.get("now", {}).items()}
        self.since: dict[str, str] = dict(saved.get("since", {}))

    def update(self, life: str, counts: Mapping[str, Counts], at: str) -> None:
        """Take what Envoy says now; `life` tells one Envoy process from another, `at` is the time of day."""
        for name, last in self._now.items():
            new = counts.get(name)
            if life != self._life or new is None or new.requests < last.requests:
                self._past[name] = self._past.get(name, Counts()) + last
        self._life, self._now = life, dict(counts)
        for name in counts:
            self.since.setdefault(name, at)

    def totals(self) -> dict[str, Counts]:
        """Return all that was counted since the state folder was made."""
        past, now = dict(self._past), dict(self._now)  # asked for from other threads too
        return {name: past.get(name, Counts()) + now.get(name, Counts()) for name in sorted(past.keys() | now.keys())}

    def to_json(self) -> dict[str, Any]:
        """Return plain data to begin with after the plane itself was started anew."""
        past, now = ({name: each.to_json() for name, each in part.items()} for part in (self._past, self._now))
        return {"life": self._life, "past": past, "now": now, "since": self.since}


def _samples(text: str) -> Iterator[tuple[str, str, dict[str, str], int]]:
    for line in text.splitlines():
        match = _SAMPLE.fullmatch(line)
        if match:
            labels = dict(_LABEL.findall(match[2]))
            yield labels.get("envoy_cluster_name", ""), match[1], labels, int(match[3])


def _count(grpc: bool, metric: str, labels: Mapping[str, str], value: int) -> Counts:
    if metric == "upstream_rq_completed":
        return Counts(requests=value)
    if metric in _SERVERS_FAULT if grpc else metric == "upstream_rq_xx" and labels["envoy_response_code_class"] == "5":
        return Counts(errors=value)
    if metric == "upstream_rq_time_bucket":
        bound = math.inf if labels["le"] == "+Inf" else float(labels["le"])
        return Counts(histogram={bound: value})
    return Counts()
