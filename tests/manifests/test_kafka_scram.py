"""Kafka by user and password over TLS: who speaks to it gets both from the vault, and understands what it gets."""

import shutil
from pathlib import Path

import kubernetes_validate
import pytest
import yaml

from pixguard.stream.kafka import Security, librdkafka_security

from .rendering import ROOT, Object, kustomize, label, one

FILES = "/etc/pixguard/kafka"


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> list[Object]:
    """Prod's serving and workloads, with the component that its README tells to add."""
    checkout = tmp_path_factory.mktemp("scram")
    for folder in ("kustomize", "manifests"):
        shutil.copytree(ROOT / folder, checkout / folder)
    overlay = checkout / "kustomize" / "overlays" / "prod"
    file = overlay / "environment" / "platform.env"
    file.write_text(file.read_text().replace("AWS_MSK_IAM", "SCRAM-SHA-512"))
    serving, workloads = overlay / "kustomization.yaml", overlay / "workloads" / "kustomization.yaml"
    serving.write_text(
        serving.read_text().replace("  - ../../environment\n", "  - ../../environment\n  - ../../kafka_scram/serving\n")
    )
    workloads.write_text(
        workloads.read_text().replace("operators_images]", "operators_images, ../../../kafka_scram/workloads]")
    )
    texts = kustomize(overlay), kustomize(overlay / "workloads")
    return [each for text in texts for each in yaml.load_all(text, yaml.CSafeLoader)]


def programs(found: list[Object]) -> dict[str, tuple[Object, list[Object]]]:
    """Each container that speaks to Kafka, with the volumes of its pod."""
    server = one(found, "ClusterServingRuntime")["spec"]
    keeper = one(found, "Deployment", "keep-decisions")["spec"]["template"]["spec"]
    stream = one(found, "SparkApplication", "stream-features")["spec"]
    pods = {"server": server, "keeper": keeper}
    told = {name: (pod["containers"][0], pod["volumes"]) for name, pod in pods.items()}
    return told | {role: (stream[role], stream["volumes"]) for role in ("driver", "executor")}


@pytest.mark.parametrize("name", ["server", "keeper", "driver", "executor"])
def test_a_program_proves_itself_by_what_the_vault_holds(found: list[Object], name: str, tmp_path: Path) -> None:
    container, volumes = programs(found)[name]
    assert {"name": "kafka", "mountPath": FILES, "readOnly": True} in container["volumeMounts"]
    assert [v["secret"]["secretName"] for v in volumes if v["name"] == "kafka"] == ["pixguard-kafka"]
    (tmp_path / "password").write_text("secret")
    references = {each["name"]: each["valueFrom"]["secretKeyRef"] for each in container["env"]
                  if "secretKeyRef" in each.get("valueFrom", {})}  # fmt: skip
    assert references["PIXGUARD_KAFKA_USER"] == {"name": "pixguard-kafka", "key": "user"}
    environment = {
        each["name"]: each["value"].replace(FILES, str(tmp_path)) for each in container["env"] if "value" in each
    }
    settings = librdkafka_security(Security.of_environment(environment | {"PIXGUARD_KAFKA_USER": "pixguard"}))
    assert settings == {
        "security.protocol": "SASL_SSL", "ssl.ca.location": f"{tmp_path}/ca.crt", "sasl.mechanisms": "SCRAM-SHA-512",
        "sasl.username": "pixguard", "sasl.password": "secret",
    }  # fmt: skip


def test_no_password_stands_in_a_manifest_and_each_namespace_has_the_secret(found: list[Object]) -> None:
    made = {o["metadata"]["namespace"] for o in found
            if o["kind"] == "ExternalSecret" and o["metadata"]["name"] == "pixguard-kafka"}  # fmt: skip
    assert made == {"pixguard", "pixguard-pipelines", "pixguard-streaming"}
    for name in ("server", "keeper", "driver", "executor"):
        container, _ = programs(found)[name]
        assert not [each for each in container["env"] if each["name"] == "PIXGUARD_KAFKA_PASSWORD"]


def test_what_is_added_is_valid(found: list[Object]) -> None:
    keeper = one(found, "Deployment", "keep-decisions")
    kubernetes_validate.validate(keeper, "1.34", strict=True)
    assert len({label(each) for each in found}) == len(found)
