"""A runtime's container as this machine runs it."""

import sys

import pytest

from pixguard.laptop.plane import sdk
from pixguard.laptop.plane.container import Container, Place, Probe, launch, read_container
from pixguard.laptop.plane.errors import ManifestError

METADATA = {"name": "pix-fraud", "namespace": "pixguard", "labels": {"team": "fraud"}, "annotations": {}}
CONTAINER = {
    "name": "kserve-container",
    "command": ["python", "-m", "server"],
    "args": ["--model_name={{.Name}}", "--dir=/mnt/models/x", "--http_port=8080", "--grpc_port", "8081", "--rows=8080"],
    "env": [
        {"name": "TEAM", "value": "{{ .Labels.team }}-{{.Namespace}}"},
        {"name": "WHO", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
        {"name": "STORE", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
    ],
    "ports": [{"name": "http", "containerPort": 8080}, {"name": "grpc", "containerPort": 8081}],
}
MODEL = {"modelFormat": {"name": "pixguard"}}


def read(container: dict[str, object], model: dict[str, object] | None = None) -> Container:
    runtime = sdk.parse("V1alpha1ServingRuntimeSpec", {"containers": [{**CONTAINER, **container}]}).containers[0]
    return read_container(
        runtime, sdk.parse("V1beta1ModelSpec", {**MODEL, **(model or {})}), METADATA, {"STORE": "here"}
    )


def test_ports_folder_names_and_addresses_are_this_machines() -> None:
    argv, env = launch(read({}), Place("r-0", "/cache/v1", 4001, 4002))
    assert argv == [sys.executable, "-m", "server", "--model_name=pix-fraud", "--dir=/cache/v1/x", "--http_port=4001",
                    "--grpc_port", "4002", "--rows=8080"]  # fmt: skip
    assert env == {"TEAM": "fraud-pixguard", "WHO": "r-0", "STORE": "here", "INFERENCE_SERVICE_NAME": "pix-fraud"}


def test_the_predictors_own_arguments_follow_and_its_variables_win() -> None:
    found = read({}, {"args": ["--quiet"], "env": [{"name": "TEAM", "value": "risk"}]})
    assert found.command[-1] == "--quiet"
    assert dict(found.env)["TEAM"] == "risk"


def test_probes_are_the_manifests() -> None:
    probe = {"httpGet": {"path": "/up", "port": 8080}, "periodSeconds": 2, "timeoutSeconds": 3, "failureThreshold": 4}
    found = read({"startupProbe": probe, "livenessProbe": probe})
    assert found.startup == found.liveness == Probe("/up", 2, 3, 4)
    assert found.startup.patience_s == 8
    assert read({}).liveness is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"env": [{"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}]}, "variable TOKEN"),
        ({"args": ["{{.Labels.nobody}}"]}, "no .Labels.nobody"),
        ({"args": ["{{ index .Labels 1 }}"]}, "has no index"),
        ({"ports": [{"name": "grpc", "containerPort": 1}]}, "no HTTP port"),
        ({"command": [], "args": []}, "say what to run"),
        ({"readinessProbe": {"exec": {"command": ["true"]}}}, "no httpGet"),
    ],
)
def test_what_only_a_cluster_could_do_is_refused_by_name(change: dict[str, object], said: str) -> None:
    with pytest.raises(ManifestError, match=said):
        read(change)
