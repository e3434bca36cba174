"""Each environment's rendered objects: what serves, how it may be released, and that its files stay small."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from . import invariants
from .rendering import OVERLAYS, ROOT, Object, kustomize, objects, one, rendered, walk

NEW = "v0123456789ab"


@pytest.fixture(params=OVERLAYS, ids=lambda folder: folder.name)
def overlay(request: pytest.FixtureRequest) -> Path:
    folder: Path = request.param
    return folder


@pytest.fixture
def service(overlay: Path) -> Object:
    return copy.deepcopy(one(objects(overlay), "InferenceService", "pix-fraud"))


def canary(service: Object, **changes: Any) -> Object:
    uri = service["spec"]["predictor"]["model"]["storageUri"].replace(service["spec"]["predictor"]["name"], NEW)
    model = {"modelFormat": {"name": "pixguard"}, "storageUri": uri}
    entry = {"trafficPercent": 5, "predictor": {"name": NEW, "minReplicas": 1, "model": model}}
    service["spec"]["canary"] = [{**entry, **changes}]
    return service


def test_an_overlay_is_release_ready(service: Object) -> None:
    assert invariants.release(service) == []
    assert invariants.release(canary(service)) == []


def test_an_overlay_is_short_and_says_capacity_model_and_addresses_only(overlay: Path) -> None:
    files = {str(file.relative_to(overlay)) for file in overlay.rglob("*") if file.is_file()}
    units = set() if overlay.name == "laptop" else {"workloads/kustomization.yaml", "platform/kustomization.yaml"}
    environment = {"environment/kustomization.yaml", "environment/platform.env"}
    assert files == {"capacity.yaml", "kustomization.yaml", "model.yaml"} | environment | units
    assert sum(len((overlay / file).read_text().splitlines()) for file in files) < 60
    serving = yaml.safe_load((overlay / "capacity.yaml").read_text())
    assert set(serving["spec"]["predictor"]) == {"minReplicas", "model"}
    assert set(serving["spec"]["predictor"]["model"]) == {"resources"}


def test_overlays_differ_in_capacity_model_and_addresses_only(overlay: Path) -> None:
    def told(folder: Path) -> list[tuple[tuple[str, ...], Any]]:
        varied = {"resources", "minReplicas", "storageUri", "image"}
        (server,) = one(objects(folder), "ClusterServingRuntime")["spec"]["containers"]
        addresses = {each["value"] for each in server["env"]
                     if "KAFKA" in each["name"] or each["name"] == "PIXGUARD_DECISION_LOG"}  # fmt: skip
        return [(path, leaf) for found in objects(folder) for path, leaf in walk(found)
                if not isinstance(leaf, dict | list) and not varied & set(path) and leaf not in addresses]  # fmt: skip

    assert told(overlay) == told(OVERLAYS[0])


def test_rendering_is_deterministic() -> None:
    again = {folder: kustomize(folder) for folder in OVERLAYS}
    assert again == {folder: rendered(folder) for folder in OVERLAYS}


def test_each_environment_keeps_its_models_apart() -> None:
    buckets = [one(objects(o), "InferenceService")["spec"]["predictor"]["model"]["storageUri"].split("/")[2]
               for o in OVERLAYS]  # fmt: skip
    assert len(set(buckets)) == len(OVERLAYS)


def test_budget_policy_and_monitor_select_the_servers_pods(overlay: Path) -> None:
    labels = {"serving.kserve.io/inferenceservice": "pix-fraud"}
    found = objects(overlay)
    assert one(found, "PodDisruptionBudget")["spec"]["selector"]["matchLabels"] == labels
    assert one(found, "NetworkPolicy")["spec"]["podSelector"]["matchLabels"] == labels
    spread = one(found, "InferenceService")["spec"]["predictor"]["topologySpreadConstraints"]
    assert all(s["labelSelector"]["matchLabels"] == labels for s in spread)


def test_a_server_outlives_its_own_farewell(service: Object, overlay: Path) -> None:
    container = one(objects(overlay), "ClusterServingRuntime")["spec"]["containers"][0]
    grace = service["spec"]["predictor"]["terminationGracePeriodSeconds"]
    assert container["lifecycle"]["preStop"]["sleep"]["seconds"] + service["spec"]["predictor"]["timeout"] < grace


def test_the_runtime_serves_the_format_that_the_service_asks_for(service: Object, overlay: Path) -> None:
    runtime = one(objects(overlay), "ClusterServingRuntime", service["spec"]["predictor"]["model"]["runtime"])
    model = service["spec"]["predictor"]["model"]
    assert model["modelFormat"] in [
        {k: v for k, v in f.items() if k != "autoSelect"} for f in runtime["spec"]["supportedModelFormats"]
    ]
    assert model["protocolVersion"] in runtime["spec"]["protocolVersions"]


def plant(where: str, value: Any) -> Callable[[Object], None]:
    def planted(service: Object) -> None:
        *path, last = where.split("/")
        target: Any = service
        for step in path:
            target = target[int(step)] if step.isdigit() else target[step]
        target[last] = value

    return planted


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        (plant("spec/predictor/canaryTrafficPercent", 10), "ignored outside Knative"),
        (plant("spec/canary/0/trafficPercent", 101), "100 in sum"),
        (plant("spec/canary/0/trafficPercent", -1), "100 in sum"),
        (plant("spec/canary/0/predictor/name", "v000000000000"), "two versions"),
        (plant("spec/canary/0/predictor/name", "challenger"), "no version"),
        (plant("spec/canary/0/predictor/model/storageUri", "s3://b/pix-fraud/v00000000000f/"), "belong together"),
        (plant("spec/canary/0/predictor/minReplicas", 0), "minReplicas"),
        (plant("spec/canary/0/predictor/minReplicas", 99), "minReplicas"),
        (plant("spec/canary/0/predictor/maxReplicas", 3), "scale by itself"),
        (plant("spec/predictor/name", NEW), "belong together"),
        (plant("spec/transformer", {"containers": []}), "transformer"),
        (plant("metadata/annotations", {}), "deploymentMode"),
    ],
)
def test_a_planted_mistake_is_named(service: Object, mistake: Callable[[Object], None], said: str) -> None:
    mistake(canary(service))
    assert any(said in fault for fault in invariants.release(service)), invariants.release(service)


def test_name_and_address_change_together(service: Object) -> None:
    after = copy.deepcopy(service)
    assert invariants.changed_together(service, after) == []
    after["spec"]["predictor"]["name"] = NEW
    assert invariants.changed_together(service, after)
    after["spec"]["predictor"]["model"]["storageUri"] = f"s3://b/pix-fraud/{NEW}/"
    assert invariants.changed_together(service, after) == []


def test_a_canary_patch_renders_into_the_service(tmp_path: Path) -> None:
    import shutil

    shutil.copytree(ROOT / "kustomize", tmp_path / "kustomize")
    shutil.copytree(ROOT / "manifests" / "serving", tmp_path / "manifests" / "serving")
    overlay = tmp_path / "kustomize" / "overlays" / "prod"
    patch = yaml.safe_load((overlay / "model.yaml").read_text())
    uri = f"s3://pixguard-models-prod/pix-fraud/{NEW}/"
    entry = {"name": NEW, "minReplicas": 1, "model": {"modelFormat": {"name": "pixguard"}, "storageUri": uri}}
    patch.append({"op": "add", "path": "/spec/canary", "value": [{"trafficPercent": 0, "predictor": entry}]})
    (overlay / "model.yaml").write_text(yaml.safe_dump(patch))
    service = one(list(yaml.safe_load_all(kustomize(overlay))), "InferenceService")
    assert service["spec"]["canary"] == [{"trafficPercent": 0, "predictor": entry}]
    assert invariants.release(service) == []
