"""What the proxy counted, version by version: the answer of the plane's `versions_url`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from pixguard.evidence.errors import SourceError
from pixguard.evidence.http import ask
from pixguard.evidence.source import Counted, Now, Trial
from pixguard.rollout.evidence import EvidenceError, Histogram, Tally


@dataclass(frozen=True)
class Served:
    """One version as the proxy sees it; counts grow from `since` on."""

    ready: bool
    weight: int
    errors: Tally
    since: str
    latency_ms: Histogram | None = None
    endpoints: tuple[str, ...] = ()
    crashes: int = 0


class Plane:
    """The laptop's proxy as a source of counts."""

    def __init__(self, versions_url: str) -> None:
        self._url = versions_url

    def now(self, trial: Trial) -> Now:
        """Return how things stand; a version that the plane does not know yet is not ready."""
        versions = read_versions(self._url)
        stable, canary = versions.get(trial.stable), versions.get(trial.canary)
        if stable is None or canary is None:
            return Now(ready=False, applied=False)
        applied = canary.ready and (stable.weight, canary.weight) == (100 - trial.percent, trial.percent)
        return Now(canary.ready, applied, stable.endpoints, canary.endpoints, canary.crashes)

    def mark(self, trial: Trial) -> Mapping[str, Any]:
        """Return the counters as they stand."""
        versions = read_versions(self._url)
        return {name: asdict(versions[name]) for name in (trial.stable, trial.canary) if name in versions}

    def counted(self, trial: Trial, began: datetime, mark: Mapping[str, Any]) -> tuple[Counted, Counted]:  # noqa: ARG002
        """Return the counts since `mark`."""
        versions = read_versions(self._url)
        stable, canary = (_counted(versions.get(name), mark.get(name)) for name in (trial.stable, trial.canary))
        return stable, canary


def _counted(now: Served | None, before: Mapping[str, Any] | None) -> Counted:
    if now is None:
        return Counted()
    grown = now if before is None else since(now, _remembered(before))
    return Counted(errors=grown.errors, latency_ms=grown.latency_ms)


def _remembered(mark: Mapping[str, Any]) -> Served:
    latency = mark["latency_ms"]
    return Served(
        mark["ready"], mark["weight"], Tally(**mark["errors"]), mark["since"],
        latency and Histogram(tuple(latency["edges"]), tuple(latency["counts"])),
    )  # fmt: skip


def read_versions(url: str) -> dict[str, Served]:
    """Return every version that the plane knows; SourceError names the field that is not as agreed."""
    return versions_in(ask(url, what="the plane"), url)


def versions_in(answer: Any, url: str) -> dict[str, Served]:
    """Return the versions in what the plane at `url` answered."""
    if not isinstance(answer, Mapping):
        raise SourceError(f"the plane at {url}: found a {type(answer).__name__}, wanted versions by name")
    return {name: _served(name, data) for name, data in answer.items()}


def _served(name: str, data: Any) -> Served:
    try:
        ready, weight, requests, errors = (data[key] for key in ("ready", "weight", "requests", "errors"))
        if not isinstance(ready, bool) or any(type(each) is not int for each in (weight, requests, errors)):
            raise TypeError(f"ready {ready!r}, weight {weight!r}, requests {requests!r}, errors {errors!r}")
        addresses = tuple(str(each).rstrip("/") for each in data.get("urls", ()))
        latency = _histogram(data["histogram"]) if data.get("histogram") else None
        crashes = int(data.get("restarts", 0))
        return Served(ready, weight, Tally(errors, requests), str(data["since"]), latency, addresses, crashes)
    except (KeyError, TypeError, ValueError, EvidenceError) as error:
        wanted = "ready (true or false), weight, requests, errors (whole numbers), since"
        raise SourceError(f"the plane, version {name}: {error!r}; wanted {wanted}") from error


def _histogram(buckets: Any) -> Histogram:
    """Return buckets given as [upper edge in ms, how many were at most that]; null is beyond every edge.

    What is beyond the last edge counts as ten times it.
    """
    edges: list[float] = []
    for edge, _ in buckets:
        edges.append(float(edge) if edge is not None else 10 * (edges[-1] if edges else 1000.0))
    reached = [int(count) for _, count in buckets]
    return Histogram(tuple(edges), tuple(b - a for a, b in zip([0, *reached], reached, strict=False)))


def since(now: Served, before: Served) -> Served:
    """Return what was counted after `before`; a proxy that began anew has counted nothing else."""
    if now.since != before.since or now.errors.trials < before.errors.trials or now.errors.hits < before.errors.hits:
        return now
    errors = Tally(
        min(now.errors.hits - before.errors.hits, now.errors.trials - before.errors.trials),
        now.errors.trials - before.errors.trials,
    )
    return Served(now.ready, now.weight, errors, now.since, _less(now.latency_ms, before.latency_ms), now.endpoints)


def _less(now: Histogram | None, before: Histogram | None) -> Histogram | None:
    if now is None or before is None or now.edges != before.edges:
        return now
    return Histogram(now.edges, tuple(max(0, a - b) for a, b in zip(now.counts, before.counts, strict=True)))
