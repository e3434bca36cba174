"""Counts per version on a cluster: Prometheus' HTTP API (`/api/v1/query`), over the metrics of our servers."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pixguard.evidence.errors import SourceError
from pixguard.evidence.http import ask
from pixguard.evidence.source import Counted, Now, Trial
from pixguard.rollout.evidence import Histogram, Tally

Samples = dict[str, dict[str, float]]


class Prometheus:
    """`url` is the server's root; `endpoint` an address with `{version}`, by which replays reach one version.

    Metrics know no weights: the traffic counts as divided as soon as the canary is ready. `increase` extrapolates to
    the ends of its window, so counts are rounded.
    """

    def __init__(self, url: str, endpoint: str = "", model: str = "pix-fraud") -> None:
        self._url, self._endpoint, self._model = url.rstrip("/"), endpoint, model

    def now(self, trial: Trial) -> Now:
        """Return how things stand."""
        found = self._query(f"max by (version) (pixguard_ready{self._of(trial)})", "version")
        ready = found.get(trial.canary, {}).get("", 0.0) > 0
        stable, canary = ((self._endpoint.format(version=name),) if self._endpoint else ()
                          for name in (trial.stable, trial.canary))  # fmt: skip
        return Now(ready, ready, stable, canary)

    def mark(self, trial: Trial) -> Mapping[str, Any]:  # noqa: ARG002 - of the protocol
        """Return nothing: Prometheus remembers by itself."""
        return {}

    def counted(self, trial: Trial, began: datetime, mark: Mapping[str, Any]) -> tuple[Counted, Counted]:  # noqa: ARG002
        """Return the counts since `began`."""
        window = max(1, math.ceil((datetime.now(UTC) - began).total_seconds()))

        def grown(metric: str, *labels: str) -> Samples:
            by = ", ".join(("version", *labels))
            return self._query(f"sum by ({by}) (increase({metric}{self._of(trial)}[{window}s]))", *labels)

        requests = grown("pixguard_requests_total", "outcome")
        decisions = grown("pixguard_decisions_total", "decision")
        degraded = grown("pixguard_degraded_total")
        latencies = grown("pixguard_request_seconds_bucket", "le")
        scores = grown("pixguard_score_bucket", "le")
        stable, canary = (
            _counted(*(table.get(name, {}) for table in (requests, decisions, degraded, latencies, scores)))
            for name in (trial.stable, trial.canary)
        )
        return stable, canary

    def _of(self, trial: Trial) -> str:
        return f'{{model="{self._model}",version=~"{trial.stable}|{trial.canary}"}}'

    def _query(self, query: str, *labels: str) -> Samples:
        """Return version → the value of the last label → the sample."""
        answer = ask(f"{self._url}/api/v1/query", {"query": query}, what="Prometheus")
        found: Samples = defaultdict(dict)
        try:
            if answer["status"] != "success" or answer["data"]["resultType"] != "vector":
                raise ValueError(answer.get("error") or "no vector")
            for sample in answer["data"]["result"]:
                value = float(sample["value"][1])
                label = sample["metric"].get(labels[-1], "") if labels and labels[-1] != "version" else ""
                if math.isfinite(value):
                    found[sample["metric"]["version"]][label] = value
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise SourceError(f"Prometheus at {self._url} on {query}: {error}") from error
        return found


def _counted(
    requests: Mapping[str, float],
    decisions: Mapping[str, float],
    degraded: Mapping[str, float],
    latencies: Mapping[str, float],
    scores: Mapping[str, float],
) -> Counted:
    """Return counts of one version; a bad request is the client's fault and counts on neither side."""
    failed = round(requests.get("error", 0) + requests.get("overload", 0))
    decided = round(sum(decisions.values()))
    latency = _histogram(latencies)
    return Counted(
        errors=Tally(failed, failed + round(requests.get("ok", 0))),
        latency_ms=Histogram(tuple(edge * 1000 for edge in latency.edges), latency.counts),
        scores=_histogram(scores).counts,
        alerts=Tally(min(decided, round(decided - decisions.get("approve", 0))), decided),
        degraded=Tally(min(decided, round(sum(degraded.values()))), decided),
    )


def _histogram(reached: Mapping[str, float]) -> Histogram:
    """Return Prometheus' running counts as counts per bucket; what is beyond the last edge counts as ten times it."""
    rising = sorted((float(edge), count) for edge, count in reached.items())
    edges = [edge for edge, _ in rising if math.isfinite(edge)]
    if len(rising) > len(edges):
        edges.append((edges[-1] if edges else 1.0) * 10)
    counts, below = [], 0.0
    for _, count in rising:
        counts.append(max(0, round(count - below)))
        below = max(below, count)
    return Histogram(tuple(edges), tuple(counts))
