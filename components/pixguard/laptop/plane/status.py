"""The InferenceService's status as KServe reports it in Standard mode, written with its SDK's models. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from kserve import ApiClient
from kserve.models import (
    V1beta1CanaryStatus,
    V1beta1InferenceServiceStatus,
    V1beta1ModelCopies,
    V1beta1ModelRevisionStates,
    V1beta1ModelStatus,
)
from kserve.models.knative_condition import KnativeCondition

from pixguard.laptop.plane.manifest import NOTHING, Desired, Version
from pixguard.laptop.plane.rules import Routes


@dataclass(frozen=True)
class Observed:
    """What the plane sees."""

    ready: Collection[str]  # versions that have a replica to ask
    full: Collection[str]  # versions with all the replicas they should have
    failing: Mapping[str, str] = field(default_factory=dict)  # version → what is wrong with it
    copies: Mapping[str, int] = field(default_factory=dict)  # version → replicas
    routes: Routes | None = None
    settled: bool = False  # the proxy confirmed the routes
    url: str = ""


def status(desired: Desired, seen: Observed) -> dict[str, Any]:
    """Return the status, without the times of its conditions."""
    stable = desired.stable
    body = V1beta1InferenceServiceStatus(
        url=seen.url,
        deployment_mode="Standard",
        cluster_serving_runtime_name=desired.runtime,
        conditions=_conditions(desired, seen),
        canary_statuses=[
            V1beta1CanaryStatus(
                name=each.name,
                ready=each.name in seen.ready,
                traffic_percent=each.wanted.percent,
                model_status=_model_status(each, seen),
            )
            for each in desired.canaries
        ]
        or None,
        model_status=_model_status(stable, seen),
    )
    plain: dict[str, Any] = ApiClient().sanitize_for_serialization(body)
    return plain | {"components": {"predictor": _component(stable, seen)}}


def stamped(new: dict[str, Any], old: Mapping[str, Any], now: str) -> dict[str, Any]:
    """Return the status with the time of each condition's last transition: the old one where its status is the same."""
    before = {each["type"]: each for each in old.get("conditions", ())}
    conditions = []
    for each in new["conditions"]:
        last = before.get(each["type"], {})
        same = last.get("status") == each["status"] and last.get("lastTransitionTime")
        conditions.append(each | {"lastTransitionTime": same or now})
    return new | {"conditions": conditions}


def _conditions(desired: Desired, seen: Observed) -> list[KnativeCondition]:
    stable = desired.stable.name
    predictor = _condition(
        "PredictorReady",
        stable in seen.full,
        "NothingReleased" if stable == NOTHING else "MinimumReplicasUnavailable",
        seen.failing.get(stable, ""),
    )
    routed = seen.settled and seen.routes is not None and seen.routes.holder == stable and stable in seen.ready
    ingress = _condition("IngressReady", routed, "Predictor ingress not created")
    found = [ingress, predictor, _condition("Ready", routed and stable in seen.full, "PredictorNotReady")]
    if desired.canaries:
        late = [each.name for each in desired.canaries if each.name not in seen.ready]
        words = "; ".join(seen.failing.get(name, f"{name} is not ready yet") for name in late)
        found.append(_condition("CanaryPredictorReady", not late, "CanariesNotReady", words, "AllCanariesReady"))
    return sorted(found, key=lambda each: str(each.type))


def _condition(kind: str, good: bool, reason: str, message: str = "", fine: str = "") -> KnativeCondition:
    return KnativeCondition(
        type=kind,
        status="True" if good else "False",
        reason=(fine or None) if good else reason,
        message=None if good else message or None,
    )


def _component(stable: Version, seen: Observed) -> dict[str, Any]:
    weights = seen.routes.weights if seen.routes else {}
    traffic = [
        {"revisionName": name, "percent": percent, "latestRevision": name == stable.name}
        for name, percent in weights.items()
    ]
    return {"url": seen.url, "traffic": traffic, "latestCreatedRevision": stable.name} | (
        {"latestReadyRevision": stable.name} if stable.name in seen.ready else {}
    )


def _model_status(version: Version, seen: Observed) -> V1beta1ModelStatus:
    failed = version.name in seen.failing
    loaded = "Loaded" if version.name in seen.ready else "FailedToLoad" if failed else "Loading"
    if version.name == NOTHING:
        loaded = "Pending"
    done = "BlockedByFailedLoad" if failed else "InProgress"
    return V1beta1ModelStatus(
        transition_status="UpToDate" if version.name in seen.full else done,
        states=V1beta1ModelRevisionStates(active_model_state=loaded, target_model_state=loaded),
        copies=V1beta1ModelCopies(failed_copies=int(failed), total_copies=seen.copies.get(version.name, 0)),
        last_failure_info=None,
    )
