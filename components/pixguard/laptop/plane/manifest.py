"""Rendered manifests → what this plane has to run: an InferenceService and its runtime, read with KServe's SDK."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pixguard.laptop.plane import container, rules, sdk
from pixguard.laptop.plane.container import Container
from pixguard.laptop.plane.errors import ManifestError
from pixguard.laptop.plane.rules import Wanted

KIND = "InferenceService"
RUNTIMES = ("ServingRuntime", "ClusterServingRuntime")
MODE = "serving.kserve.io/deploymentMode"
DEFAULT_TIMEOUT_S = 60.0
NOTHING = "v000000000000"  # the version in an overlay that nothing was released to yet


@dataclass(frozen=True)
class Version:
    """A version to run: what the rules look at, and what its processes are."""

    wanted: Wanted
    container: Container

    @property
    def name(self) -> str:
        """Return the version's name."""
        return self.wanted.name


@dataclass(frozen=True)
class Desired:
    """What one commit wants."""

    service: str
    namespace: str
    runtime: str
    stable: Version
    canaries: tuple[Version, ...]
    timeout_s: float

    @property
    def versions(self) -> tuple[Version, ...]:
        """Return stable and canaries; none where nothing was released yet."""
        return tuple(each for each in (self.stable, *self.canaries) if each.name != NOTHING)

    @property
    def wanted(self) -> tuple[Wanted, ...]:
        """Return what the rules look at."""
        return tuple(each.wanted for each in self.versions)


def read_manifests(documents: Iterable[Mapping[str, Any]], given: Mapping[str, str]) -> Desired:
    """Return what rendered manifests want; ManifestError says everything that KServe would refuse."""
    found = [each for each in documents if isinstance(each, Mapping)]
    service = _only(found, KIND)
    isvc = sdk.parse("V1beta1InferenceService", service)
    _check(isvc)
    trials = service["spec"].get("canary") or ()
    if any("trafficPercent" not in each for each in trials):  # the SDK takes 0 for it, KServe's definition does not
        raise ManifestError(f"{KIND} {isvc.metadata.name}: every canary says its trafficPercent")
    metadata = {"labels": {}, "annotations": {}} | service["metadata"]
    stable = service["spec"]["predictor"]
    versions = [
        _version(spec, percent, found, metadata, given)
        for spec, percent in [
            (stable, 0),
            *((_over(stable, each["predictor"]), each["trafficPercent"]) for each in trials),
        ]
    ]
    problems = rules.refusals(versions[0].wanted, [each.wanted for each in versions[1:]])
    if problems:
        raise ManifestError(f"{KIND} {metadata['name']}: {'; '.join(problems)}")
    return Desired(
        service=str(metadata["name"]),
        namespace=str(metadata.get("namespace", "default")),
        runtime=str(isvc.spec.predictor.model.runtime),
        stable=versions[0],
        canaries=tuple(versions[1:]),
        timeout_s=float(isvc.spec.predictor.timeout or DEFAULT_TIMEOUT_S),
    )


def check_change(before: Desired | None, after: Desired) -> None:
    """Raise ManifestError where names and URIs of versions do not change together."""
    problems = rules.changes_refused(before.wanted, after.wanted) if before else []
    if problems:
        raise ManifestError(f"{KIND} {after.service}: {'; '.join(problems)}")


def _check(isvc: Any) -> None:
    """Refuse what KServe refuses, or would silently not do, in Standard mode."""
    predictor, canaries = isvc.spec.predictor, isvc.spec.canary or []
    predictors = [predictor, *(each.predictor for each in canaries)]
    mode = (isvc.metadata.annotations or {}).get(MODE)
    problems = {
        f"annotation {MODE} is {mode!r}; a canary needs Standard": mode != "Standard",
        "transformer or explainer: a canary's weights skip them, do features in the predictor": bool(
            isvc.spec.transformer or isvc.spec.explainer
        ),
        "canaryTrafficPercent is ignored in Standard mode; use spec.canary": any(
            each.canary_traffic_percent is not None for each in predictors
        ),
        "spec.predictor.name is needed: it is the version's name": not predictor.name,
        "the laptop's store is S3: every storageUri begins with s3://": any(
            not str(each.model.storage_uri or "s3://").startswith("s3://") for each in predictors if each.model
        ),
        "spec.predictor.model with a runtime and a storageUri is needed": not (
            predictor.model and predictor.model.runtime and predictor.model.storage_uri
        ),
    }
    for canary in canaries:
        each = canary.predictor
        fixed = any((each.max_replicas, each.scale_target, each.scale_metric, each.auto_scaling, each.worker_spec))
        problems[f"canary {each.name}: its replicas are fixed; no maxReplicas, autoscaling or workerSpec"] = fixed
        problems[f"canary {each.name}: model.storageUri is needed"] = not (each.model and each.model.storage_uri)
    said = [text for text, wrong in problems.items() if wrong]
    if said:
        raise ManifestError(f"{KIND} {isvc.metadata.name}: {'; '.join(said)}")


def _version(
    spec: Mapping[str, Any],
    percent: int,
    documents: Sequence[Mapping[str, Any]],
    metadata: Mapping[str, Any],
    given: Mapping[str, str],
) -> Version:
    predictor = sdk.parse("V1beta1PredictorSpec", spec)
    runtime = _runtime(documents, predictor.model.runtime)
    return Version(
        Wanted(predictor.name or "", predictor.model.storage_uri, predictor.min_replicas, percent),
        container.read_container(runtime, predictor.model, metadata, given),
    )


def _runtime(documents: Sequence[Mapping[str, Any]], name: str) -> Any:
    """Return the container of the runtime of that name; one of the namespace goes before one of the cluster."""
    for kind in RUNTIMES:
        for each in documents:
            if each.get("kind") == kind and each.get("metadata", {}).get("name") == name:
                spec = sdk.parse("V1alpha1ServingRuntimeSpec", each.get("spec"))
                for found in spec.containers or []:
                    if found.name == container.NAME:
                        return found
                raise ManifestError(f"{kind} {name}: no container named {container.NAME}")
    raise ManifestError(f"runtime {name!r}: the manifests have none of that name")


def _only(documents: Sequence[Mapping[str, Any]], kind: str) -> Mapping[str, Any]:
    found = [each for each in documents if each.get("kind") == kind]
    if len(found) != 1:
        raise ManifestError(f"the overlay renders {len(found)} {kind}s; wanted one")
    return found[0]


def _over(stable: Any, canary: Any) -> Any:
    """Return stable's predictor with a canary's laid over it, field by field, as KServe merges them."""
    if not (isinstance(stable, Mapping) and isinstance(canary, Mapping)):
        return copy.deepcopy(canary)
    return {**stable, **{key: _over(stable.get(key), value) for key, value in canary.items()}}
