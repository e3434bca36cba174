"""The machine's block of a kustomization: digests alone, the same bytes for the same images, the rest untouched."""

import subprocess
from pathlib import Path

import pytest
import yaml
from delivery import overlay_images
from delivery.images import Image
from delivery.shell import DeliveryError
from hypothesis import given
from hypothesis import strategies as st

BASE = """\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
  - deployment.yaml  # ours
"""
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: serve}
spec:
  template:
    spec:
      containers:
        - {name: serve, image: "ghcr.io/pixguard/pixguard-serve:0.1.0"}
"""


def image(target: str, digit: str = "a") -> Image:
    return Image(target, f"123456789012.dkr.ecr.sa-east-1.amazonaws.com/pixguard-{target}", f"sha256:{digit * 64}")


def test_kubectl_renders_the_digest(tmp_path: Path) -> None:
    (tmp_path / "deployment.yaml").write_text(DEPLOYMENT)
    (tmp_path / "kustomization.yaml").write_text(BASE)
    assert overlay_images.write(tmp_path, [image("serve"), image("train")])
    done = subprocess.run(["kubectl", "kustomize", str(tmp_path)], capture_output=True, text=True, check=True)
    container = yaml.safe_load(done.stdout)["spec"]["template"]["spec"]["containers"][0]
    assert container["image"] == image("serve").reference


def test_what_stands_above_is_kept_and_the_same_images_change_nothing(tmp_path: Path) -> None:
    file = tmp_path / "kustomization.yaml"
    file.write_text(BASE)
    assert overlay_images.write(tmp_path, [image("train"), image("serve")])
    once = file.read_text()
    assert once.startswith(BASE)
    assert not overlay_images.write(tmp_path, [image("serve"), image("train")])
    assert file.read_text() == once


@given(st.lists(st.sampled_from("abcdef0123456789"), min_size=1, max_size=5))
def test_any_row_of_promotions_leaves_the_last_alone(digits: list[str]) -> None:
    text = BASE
    for digit in digits:
        text = overlay_images.pinned(text, [image("serve", digit)])
    assert text == overlay_images.pinned(BASE, [image("serve", digits[-1])])


def test_a_block_below_ours_is_not_lost() -> None:
    with pytest.raises(DeliveryError, match="not the last block of the kustomization"):
        overlay_images.pinned(BASE + "images:\n  - name: x\npatches: []\n", [image("serve")])


@pytest.mark.parametrize("digest", ["latest", "sha256:abc", f"sha256:{'a' * 64}\nnamespace: other"])
def test_a_tag_is_refused(digest: str) -> None:
    with pytest.raises(DeliveryError, match="a tag can move"):
        overlay_images.pinned(BASE, [Image("serve", "registry/pixguard-serve", digest)])


def test_an_unknown_environment_is_named(tmp_path: Path) -> None:
    with pytest.raises(DeliveryError, match="is the environment's name right"):
        overlay_images.write(tmp_path / "prdo", [image("serve")])
