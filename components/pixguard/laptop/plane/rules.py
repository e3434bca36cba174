"""KServe's rules of a canary in Standard mode, as pure functions: who runs, who is asked, what is refused.

Source: kserve v0.21, `validateCanarySpecs`, `validatePredictorNameChange`, `canaryReplicaCount`,
`adjustStableMinReplicasForCanaries` and `applyCanaryWeights` (pull requests 5672, 5912, 5944, 5984).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 30.0


@dataclass(frozen=True)
class Wanted:
    """One version as a manifest wants it."""

    name: str
    uri: str
    replicas: int | None = None  # minReplicas, where it is said
    percent: int = 0  # of a canary


@dataclass(frozen=True)
class Routes:
    """Who is asked: percent by version, adding up to 100, and the version that holds stable's share."""

    holder: str
    weights: Mapping[str, int]


def refusals(stable: Wanted, canaries: Iterable[Wanted]) -> list[str]:
    """Return what KServe's validation says against a manifest, in words; empty when it would be taken.

    Ours is one rule more: two versions do not share an address, since a version is its content.
    """
    found, seen, places, total = [], {stable.name}, {stable.uri}, 0
    for each in canaries:
        if not each.name:
            found.append("a canary has no predictor.name")
        elif each.name in seen:
            found.append(f"canary {each.name}: the name is stable's or another canary's")
        if each.uri in places:
            found.append(f"canary {each.name}: {each.uri} is stable's or another canary's")
        if not 0 <= each.percent <= 100:
            found.append(f"canary {each.name}: trafficPercent {each.percent} is not between 0 and 100")
        if each.replicas is not None and each.replicas > stable_minimum(stable):
            found.append(
                f"canary {each.name}: minReplicas {each.replicas} is more than stable's {stable_minimum(stable)}"
            )
        seen.add(each.name)
        places.add(each.uri)
        total += each.percent
    if total > 100:
        found.append(f"trafficPercent of the canaries adds up to {total}, more than 100")
    return found


def changes_refused(before: Iterable[Wanted], after: Iterable[Wanted]) -> list[str]:
    """Return what is wrong with going from one manifest to the next: a name and its URI change together.

    KServe refuses a new name for an old URI. An old name with a new URI it would roll out in place; here a version
    never changes, so that is refused as well.
    """
    uris = {each.name: each.uri for each in before}
    names = {uri: name for name, uri in uris.items()}
    found = []
    for each in after:
        if uris.get(each.name, each.uri) != each.uri:
            found.append(f"{each.name} was {uris[each.name]}, now {each.uri}: a version never changes, rename it")
        if names.get(each.uri, each.name) != each.name:
            found.append(f"{each.uri} was named {names[each.uri]} and is now {each.name}: name and URI change together")
    return found


def stable_minimum(stable: Wanted) -> int:
    """Return the replicas of stable while no canary is ready."""
    return 1 if stable.replicas is None else stable.replicas


def canary_replicas(stable: Wanted, canary: Wanted) -> int:
    """Return the fixed number of replicas of a canary: as it says, or its share of stable's, rounded up."""
    if canary.replicas is not None:
        return canary.replicas
    return math.ceil(stable_minimum(stable) * canary.percent / 100)


def stable_replicas(stable: Wanted, ready_canaries: Iterable[Wanted]) -> int:
    """Return the replicas of stable: fewer by those of ready canaries, at least one beside them."""
    taken = sum(canary_replicas(stable, each) for each in ready_canaries)
    return max(stable_minimum(stable) - taken, 1) if taken else stable_minimum(stable)


def routes(stable: Wanted, canaries: Iterable[Wanted], ready: Iterable[str], before: Routes | None) -> Routes:
    """Return who is asked now: a canary that is not ready gets nothing, and stable takes the rest.

    A stable that is not ready takes over only when it is: until then its share stays with the version that had it, as
    long as that one answers (KServe leaves the route as it is). A canary that Git dropped is asked nothing any more.
    """
    able = set(ready)
    holder = stable.name
    if stable.name not in able and before is not None and before.holder in able:
        holder = before.holder
    weights = {holder: 0}
    for each in canaries:
        if each.name in able:
            weights[each.name] = weights.get(each.name, 0) + each.percent
    weights[holder] += 100 - sum(weights.values())
    return Routes(holder, weights)


def wait_s(failures: int) -> float:
    """Return how long to wait after so many failures in a row: none, half a second, doubled up to half a minute."""
    if failures <= 1:
        return 0.0
    return float(min(FIRST_WAIT_S * 2.0 ** min(failures - 2, 16), LONGEST_WAIT_S))
