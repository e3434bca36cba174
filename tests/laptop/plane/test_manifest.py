"""Manifests as KServe would take or refuse them, on the checkout's own rendered overlay."""

import copy
from pathlib import Path
from typing import Any

import pytest

from pixguard import overlay
from pixguard.laptop.plane.errors import ManifestError
from pixguard.laptop.plane.manifest import NOTHING, check_change, read_manifests
from pixguard.laptop.plane.render import render
from pixguard.laptop.plane.repository import create, head
from pixguard.overlay import Placed
from pixguard.release.git import Branch
from tests.laptop.world import CHECKOUT, MODEL, OVERLAY

GIVEN = {"PIXGUARD_ONLINE_STORE": "sqlite:////o", "PIXGUARD_DECISION_LOG": "file:///d", "PIXGUARD_PUBLIC_KEY": "/k"}
CANARY = {
    "trafficPercent": 5,
    "predictor": {
        "name": "v2",
        "minReplicas": 1,
        "model": {"modelFormat": {"name": "pixguard"}, "storageUri": "s3://models/v2/"},
    },
}


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    git = tmp_path_factory.mktemp("git") / "release.git"
    create(git, CHECKOUT)
    return render(git, head(git) or "", OVERLAY)


@pytest.fixture
def documents(rendered: list[Any]) -> list[Any]:
    return copy.deepcopy(rendered)


def service(documents: list[Any]) -> Any:
    (found,) = (each for each in documents if each["kind"] == "InferenceService")
    return found


def release(documents: list[Any], **changes: Any) -> list[Any]:
    """Give the service a stable version and a canary, changed as told: `path__to__field=value`."""
    spec = service(documents)["spec"]
    spec["predictor"]["name"], spec["predictor"]["model"]["storageUri"] = "v1", "s3://models/v1/"
    spec["canary"] = [copy.deepcopy(CANARY)]
    for path, value in changes.items():
        place = service(documents)
        *parts, last = [int(each) if each.isdigit() else each for each in path.split("__")]
        for each in parts:
            place = place[each]
        place[last] = value
    return documents


def test_the_checkouts_overlay_has_nothing_released(documents: list[Any]) -> None:
    desired = read_manifests(documents, GIVEN)
    assert (desired.stable.name, desired.versions) == (NOTHING, ())
    assert (desired.service, desired.namespace, desired.runtime) == ("pix-fraud", "pixguard", "pixguard-predictor")


def test_what_a_release_writes_is_taken(tmp_path: Path) -> None:
    git = tmp_path / "release.git"
    create(git, CHECKOUT)
    with Branch(str(git)) as branch:
        parent = branch.fetch()
        stable, canary = (Placed(name, f"s3://models/{name}/") for name in ("v1", "v2"))
        text = overlay.install(branch.read(parent, MODEL), stable)
        text = overlay.shift(overlay.propose(text, canary), "v2", 25)
        branch.push(branch.commit(parent, {MODEL: text}, "test\n", "tester"), parent)
    desired = read_manifests(render(git, head(git) or "", OVERLAY), GIVEN)
    assert [(each.name, each.wanted.percent) for each in desired.versions] == [("v1", 0), ("v2", 25)]


def test_a_canary_is_stable_but_for_what_it_says(documents: list[Any]) -> None:
    desired = read_manifests(release(documents), GIVEN)
    stable, canary = desired.versions
    assert canary.container == stable.container  # so that a promotion restarts nothing
    assert (stable.wanted.replicas, stable.wanted.percent) == (2, 0)
    assert (canary.wanted.uri, canary.wanted.replicas, canary.wanted.percent) == ("s3://models/v2/", 1, 5)
    assert dict(stable.container.env)["PIXGUARD_ONLINE_STORE"] == "sqlite:////o"


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("spec__canary__0__trafficPercent", 101, "not between 0 and 100"),
        ("spec__canary__0__trafficPercent", "5", "'5' is not what belongs there"),
        ("spec__canary__0__trafficPercent", None, "traffic_percent"),
        ("spec__canary__0", {"predictor": CANARY["predictor"]}, "says its trafficPercent"),
        ("spec__canary__0__trafficPercent", True, "True is no int"),
        ("spec__canary__0__predictor__minReplicas", 3, "more than stable's 2"),
        ("spec__canary__0__predictor__maxReplicas", 3, "replicas are fixed"),
        ("spec__canary__0__predictor__name", "v1", "the name is stable's"),
        ("spec__canary__0__predictor__minReplica", 1, "knows no such field"),
        ("spec__canary__0__predictor__model", {"storageUri": "s3://models/v2/"}, "model_format"),
        ("spec__predictor__canaryTrafficPercent", 10, "ignored in Standard mode"),
        ("spec__predictor__model__runtime", "nobody", "the manifests have none"),
        ("spec__predictor__model__storageUri", "https://models/v1", "s3://"),
        ("spec__transformer", {"containers": [{"name": "t"}]}, "weights skip them"),
        ("metadata__annotations", {}, "needs Standard"),
    ],
)
def test_what_kserve_refuses_is_refused_in_words(documents: list[Any], path: str, value: Any, said: str) -> None:
    with pytest.raises(ManifestError, match=said):
        read_manifests(release(documents, **{path: value}), GIVEN)


def test_one_service_is_wanted(documents: list[Any]) -> None:
    with pytest.raises(ManifestError, match="renders 0 InferenceService"):
        read_manifests([each for each in documents if each["kind"] != "InferenceService"], GIVEN)


def test_names_and_addresses_change_together(documents: list[Any]) -> None:
    before = read_manifests(release(copy.deepcopy(documents)), GIVEN)
    check_change(None, before)
    check_change(before, read_manifests(release(copy.deepcopy(documents), spec__canary=[]), GIVEN))
    renamed = read_manifests(release(copy.deepcopy(documents), spec__predictor__name="v9"), GIVEN)
    with pytest.raises(ManifestError, match="name and URI change together"):
        check_change(before, renamed)
    elsewhere = read_manifests(release(documents, spec__predictor__model__storageUri="s3://models/v9/"), GIVEN)
    with pytest.raises(ManifestError, match="a version never changes"):
        check_change(before, elsewhere)
