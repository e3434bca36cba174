"""What holds of every object of every kustomization; and that each rule catches the mistake it is there for."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest

from . import invariants
from .rendering import UNITS, Object, everything, label, name_of, objects, one

KUBERNETES = "1.34"


def builtin(found: Object) -> bool:
    group = found["apiVersion"].partition("/")[0]
    return "." not in group or group.endswith(("networking.k8s.io", "rbac.authorization.k8s.io"))


@pytest.mark.parametrize("unit", UNITS, ids=name_of)
def test_built_in_kinds_pass_strict_validation(unit: Path) -> None:
    for found in filter(builtin, objects(unit)):
        if not found["apiVersion"].startswith("gateway."):
            kubernetes_validate.validate(found, KUBERNETES, strict=True)


@pytest.mark.parametrize("rule", [invariants.images, invariants.resources, invariants.secrets])
def test_a_rule_holds_everywhere(rule: Callable[[Object], list[str]]) -> None:
    assert [fault for found in everything() for fault in rule(found)] == []


def test_every_container_is_confined() -> None:
    """The serving runtime's pod takes its user from the service; both together are what runs."""
    runtime = copy.deepcopy(one(everything(), "ClusterServingRuntime"))
    service = one(everything(), "InferenceService")
    runtime["spec"]["securityContext"] = service["spec"]["predictor"]["securityContext"]
    rest = [found for found in everything() if found["kind"] != "ClusterServingRuntime"]
    assert [fault for found in (runtime, *rest) for fault in invariants.confined(found)] == []


@pytest.mark.parametrize("kind", ["SparkApplication", "ScheduledSparkApplication"])
def test_every_spark_pod_is_sized_and_confined(kind: str) -> None:
    found = [o for o in everything() if o["kind"] == kind]
    assert found
    assert [fault for o in found for fault in invariants.spark(o)] == []


def test_no_object_is_written_twice() -> None:
    seen = [(o["apiVersion"], label(o)) for o in everything()]
    assert sorted(seen) == sorted(set(seen))


def test_every_service_account_that_is_named_exists() -> None:
    made = [o["metadata"] for o in everything() if o["kind"] == "ServiceAccount"]
    accounts = {(account["namespace"], account["name"]) for account in made}
    for found in everything():
        for path, value in invariants.walk(found):
            if path and path[-1] in {"serviceAccountName", "serviceAccount"} and isinstance(value, str):
                assert (found["metadata"]["namespace"], value) in accounts, label(found)


def test_every_secret_that_is_named_comes_from_the_vault() -> None:
    made = [o for o in everything() if o["kind"] == "ExternalSecret"]
    kept = {(o["metadata"]["namespace"], o["spec"]["target"]["name"]) for o in made}
    service = one(everything(), "InferenceService")["metadata"]["namespace"]
    for found in everything():
        namespace = found["metadata"].get("namespace", service)
        for path, value in invariants.walk(found):
            if path and path[-1] == "secretKeyRef":
                assert (namespace, value["name"]) in kept, label(found)


def pod(**container: Any) -> Object:
    whole = copy.deepcopy(one(everything(), "Deployment", "mlflow"))
    whole["spec"]["template"]["spec"]["containers"][0].update(container)
    return whole


SAFE = pod()["spec"]["template"]["spec"]["containers"][0]["securityContext"]


@pytest.mark.parametrize(
    ("rule", "mistake", "said"),
    [
        (invariants.images, {"image": "ghcr.io/pixguard/pixguard-train:latest"}, "no fixed version"),
        (invariants.images, {"image": "registry:5000/pixguard-train"}, "no fixed version"),
        (invariants.resources, {"resources": {"requests": {"cpu": "1", "memory": "1Gi"}}}, "no limits of cpu"),
        (invariants.resources, {"resources": {}}, "no requests of memory"),
        (invariants.confined, {"securityContext": {**SAFE, "runAsUser": 0}}, "user other than root"),
        (invariants.confined, {"securityContext": {**SAFE, "runAsNonRoot": False}}, "runAsNonRoot"),
        (invariants.confined, {"securityContext": {**SAFE, "readOnlyRootFilesystem": False}}, "readOnlyRootFilesystem"),
        (invariants.confined, {"securityContext": {**SAFE, "allowPrivilegeEscalation": True}}, "PrivilegeEscalation"),
        (invariants.confined, {"securityContext": {**SAFE, "capabilities": {}}}, "capabilities"),
    ],
)
def test_a_planted_mistake_is_named(rule: Callable[[Object], list[str]], mistake: Object, said: str) -> None:
    assert rule(pod()) == []
    assert any(said in fault for fault in rule(pod(**mistake)))


def test_a_misspelt_field_of_a_built_in_kind_is_refused() -> None:
    with pytest.raises(kubernetes_validate.ValidationError, match="imagePullPolcy"):
        kubernetes_validate.validate(pod(imagePullPolcy="Always"), KUBERNETES, strict=True)


def test_a_secret_in_git_is_named() -> None:
    assert invariants.secrets({"kind": "Secret", "metadata": {"name": "password"}})


def test_a_spark_pod_that_may_write_its_root_is_named() -> None:
    stream = copy.deepcopy(one(everything(), "SparkApplication"))
    stream["spec"]["driver"]["securityContext"]["readOnlyRootFilesystem"] = False
    assert invariants.spark(stream) == [f"{label(stream)}: driver lacks readOnlyRootFilesystem"]
