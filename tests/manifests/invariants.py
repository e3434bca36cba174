"""What must hold of what we render, whatever an API server accepts: each rule returns the faults it found."""

import re
from collections.abc import Iterator
from typing import Any

from .rendering import Object, label, walk

VERSION = re.compile(r"v[0-9a-f]{12}")
_IMAGE_KEYS = {"image"}
_FREE = {"CustomResourceDefinition"}


def predictors(service: Object) -> Iterator[tuple[Object, int]]:
    """The stable predictor and the canaries' with their share of the traffic."""
    spec = service["spec"]
    canaries = spec.get("canary", [])
    yield spec["predictor"], 100 - sum(c["trafficPercent"] for c in canaries)
    yield from ((c["predictor"], c["trafficPercent"]) for c in canaries)


def release(service: Object) -> list[str]:
    """KServe's own rules for a canary outside Knative, which only its webhook would tell us, and ours on versions."""
    faults = [f"{label(service)}: {path[-1]} is ignored outside Knative: use spec.canary" for path, _ in walk(service)
              if path and path[-1] == "canaryTrafficPercent"]  # fmt: skip
    annotations = service["metadata"].get("annotations", {})
    if annotations.get("serving.kserve.io/deploymentMode") != "Standard":
        faults.append(f"{label(service)}: deploymentMode must be Standard")
    if annotations.get("serving.kserve.io/autoscalerClass") != "none":
        faults.append(f"{label(service)}: autoscalerClass must be none beside a canary")
    if "transformer" in service["spec"]:
        faults.append(f"{label(service)}: a transformer takes the weights away from the predictors")
    found = list(predictors(service))
    if any(not 0 <= percent <= 100 for _, percent in found):
        faults.append(f"{label(service)}: traffic must be 0 to 100 each and 100 in sum")
    names = [predictor.get("name") for predictor, _ in found]
    if len(set(names)) != len(names):
        faults.append(f"{label(service)}: two versions are called {names}")
    stable = found[0][0]
    for predictor, _ in found:
        faults += [f"{label(service)}: {fault}" for fault in _version(predictor)]
    for canary, _ in found[1:]:
        if not 1 <= canary.get("minReplicas", 0) <= stable.get("minReplicas", 1):
            faults.append(f"{label(service)}: canary {canary.get('name')} needs 1 to stable's minReplicas")
        if {"maxReplicas", "scaleTarget", "scaleMetric", "autoScaling"} & canary.keys():
            faults.append(f"{label(service)}: canary {canary.get('name')} must not scale by itself")
    return faults


def _version(predictor: Object) -> list[str]:
    name, model = str(predictor.get("name")), predictor.get("model", {})
    if not VERSION.fullmatch(name):
        return [f"{name!r} is no version: wanted v and 12 hexadecimal digits"]
    if str(model.get("storageUri", "")).rstrip("/").rpartition("/")[2] != name:
        return [f"version {name} and its storageUri {model.get('storageUri')} do not belong together"]
    return []


def changed_together(before: Object, after: Object) -> list[str]:
    """A version's name and its address change in one step or not at all: KServe would restart or mix them otherwise."""
    old, new = before["spec"]["predictor"], after["spec"]["predictor"]
    name, address = old["name"] != new["name"], old["model"]["storageUri"] != new["model"]["storageUri"]
    return [] if name == address else [f"{label(after)}: name and storageUri must change together"]


def images(found: Object) -> list[str]:
    """An image is named with a version: neither without a tag, nor `latest`."""
    if found["kind"] in _FREE:
        return []
    faults = []
    for path, value in walk(found):
        if not path or path[-1] not in _IMAGE_KEYS or not isinstance(value, str):
            continue
        tag = value.rpartition("/")[2].partition("@")[0].partition(":")[2]
        if "@sha256:" not in value and tag in {"", "latest"}:
            faults.append(f"{label(found)}: {value} has no fixed version")
    return faults


def containers(found: Object) -> Iterator[tuple[Object, Object]]:
    """Every container of every pod that the object describes, with its pod's spec."""
    for _, value in walk(found):
        if not isinstance(value, dict):
            continue
        for key in ("containers", "initContainers"):
            for container in value.get(key) or ():
                if isinstance(container, dict) and "image" in container:
                    yield value, container


def resources(found: Object) -> list[str]:
    """Every container says what it needs and where it ends."""
    faults = []
    for _, container in containers(found):
        given = container.get("resources", {})
        faults += [f"{label(found)}: {container['name']} sets no {kind} of {what}" for kind in ("requests", "limits")
                   for what in ("cpu", "memory") if what not in given.get(kind, {})]  # fmt: skip
    return faults


def confined(found: Object) -> list[str]:
    """No container runs as root, gains rights, writes its own root or keeps capabilities."""
    faults = []
    for pod, container in containers(found):
        own, pods = container.get("securityContext", {}), pod.get("securityContext", {})
        wanted: dict[str, Any] = {
            "runAsNonRoot": own.get("runAsNonRoot", pods.get("runAsNonRoot")) is True,
            "readOnlyRootFilesystem": own.get("readOnlyRootFilesystem") is True,
            "allowPrivilegeEscalation": own.get("allowPrivilegeEscalation") is False,
            "capabilities.drop: [ALL]": "ALL" in own.get("capabilities", {}).get("drop", []),
            "user other than root": 0 not in {own.get("runAsUser"), pods.get("runAsUser")},
        }
        faults += [f"{label(found)}: {container['name']} lacks {what}" for what, holds in wanted.items() if not holds]
    return faults


def secrets(found: Object) -> list[str]:
    """A secret's value lies in the vault, never in Git."""
    return [f"{label(found)}: a Secret in Git; use an ExternalSecret"] if found["kind"] == "Secret" else []


def spark(found: Object) -> list[str]:
    """A Spark application's pods are sized and confined as all others; its fields have names of their own."""
    spec = found["spec"].get("template", found["spec"])
    faults = []
    for role in ("driver", "executor"):
        pod = spec[role]
        own = pod.get("securityContext", {})
        wanted = {
            "coreLimit": "coreLimit" in pod,
            "memory": "memory" in pod,
            "runAsNonRoot": own.get("runAsNonRoot") is True,
            "readOnlyRootFilesystem": own.get("readOnlyRootFilesystem") is True,
            "allowPrivilegeEscalation": own.get("allowPrivilegeEscalation") is False,
            "capabilities.drop: [ALL]": own.get("capabilities", {}).get("drop") == ["ALL"],
            "seccompProfile": "seccompProfile" in pod.get("podSecurityContext", {}),
        }
        faults += [f"{label(found)}: {role} lacks {what}" for what, holds in wanted.items() if not holds]
    return faults
