"""The cluster on one machine: what only it has is sound too, and its scripts change what they say they change."""

import json
import os
import re
import shutil
import subprocess
import sys
from base64 import b64encode
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from . import invariants
from .rendering import KIND, ROOT, Object, everything, kustomize, objects, one

SHELLCHECK = shutil.which("shellcheck", path=os.pathsep.join([str(ROOT / ".venv-checks" / "bin"), os.environ["PATH"]]))
SCRIPTS = (KIND / "up", KIND / "e2e", ROOT / ".ci" / "images", ROOT / "components" / "spark" / "entrypoint.sh")


def apart() -> list[Object]:
    return [*objects(KIND / "stores"), yaml.safe_load((KIND / "lake.yaml").read_text())]


def test_its_own_objects_are_sized_confined_and_of_fixed_versions() -> None:
    for found in apart():
        kubernetes_validate.validate(found, "1.34", strict=True)
        for rule in (invariants.images, invariants.resources, invariants.confined, invariants.secrets):
            assert rule(found) == []


def test_its_storage_classes_are_those_that_are_asked_for() -> None:
    asked = {value for found in everything() for path, value in invariants.walk(found)
             if path and path[-1] in {"storageClassName", "class"} and isinstance(value, str)}  # fmt: skip
    assert asked == {found["metadata"]["name"] for found in apart() if found["kind"] == "StorageClass"}


def edit(checkout: Path) -> None:
    """What `up` does to its copy of the checkout before it commits."""
    edits = re.findall(r"^    ((?:sed -i|cp) .*)$", (KIND / "up").read_text(), re.M)
    assert len(edits) == 7
    for line in edits:
        subprocess.run(["bash", "-euc", line], cwd=checkout, check=True)


def test_kind_runs_its_own_kafka_and_no_address_of_aws(tmp_path: Path) -> None:
    for folder in ("kustomize", "manifests"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    edit(tmp_path)
    refused = {
        found["metadata"]["name"] for found in yaml.safe_load_all(kustomize(tmp_path / "manifests" / "policies"))
    }
    assert "signed-models" in refused
    assert "signed-images" not in refused
    overlay = tmp_path / "kustomize" / "overlays" / "dev"
    texts = {unit: kustomize(overlay / unit) for unit in (".", "workloads", "platform")}
    names = {found["metadata"]["name"] for found in yaml.safe_load_all(texts["platform"])}
    assert {"kafka", "strimzi", "workloads"} <= names
    assert not [line for line in "".join(texts.values()).splitlines() if "amazonaws.com" in line and "glob" not in line]
    assert "ClusterSecretStore" not in {found["kind"] for found in yaml.safe_load_all(texts["workloads"])}


def test_serving_on_kind_has_the_keys_of_its_s3(tmp_path: Path) -> None:
    for folder in ("kustomize", "manifests"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    edit(tmp_path)
    found = list(yaml.safe_load_all(kustomize(tmp_path / "kustomize" / "overlays" / "dev")))
    assert one(found, "ServiceAccount")["secrets"] == [{"name": "pixguard-s3"}]
    ways = one(found, "NetworkPolicy")["spec"]["egress"]
    assert any("pixguard-stores" in str(way) for way in ways)


def vault(keys: Path) -> list[Object]:
    held = {name: b64encode(name.encode()).decode() for name in ("redis", "postgres", "s3_id", "s3_key")}
    done = subprocess.run([sys.executable, KIND / "vault.py", keys], input=json.dumps({"data": held}),
                          capture_output=True, text=True, check=True)  # fmt: skip
    return list(yaml.safe_load_all(done.stdout))


def test_the_vault_holds_every_secret_that_is_asked_for(tmp_path: Path) -> None:
    for name in ("signing.pem", "signing.pem.pub", "keyring.json"):
        (tmp_path / name).write_text(name)
    store, s3 = vault(tmp_path)
    held = {entry["key"]: json.loads(entry["value"]) for entry in store["spec"]["provider"]["fake"]["data"]}
    asked: list[dict[str, Any]] = [data["remoteRef"] for found in everything() if found["kind"] == "ExternalSecret"
                                   for data in found["spec"]["data"]]  # fmt: skip
    assert asked
    for reference in asked:
        assert reference["property"] in held[reference["key"]]
    assert s3["stringData"]["AWS_SECRET_ACCESS_KEY"] == "s3_key"


@pytest.mark.skipif(SHELLCHECK is None, reason="no shellcheck here: make .venv-checks/set-up.done")
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_are_clean(script: Path) -> None:
    assert SHELLCHECK
    done = subprocess.run([SHELLCHECK, "-x", "-P", "SCRIPTDIR", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
