"""The bare repository: seeded once, read at any commit."""

import subprocess
from pathlib import Path

import pytest

from pixguard.errors import UsageError
from pixguard.laptop.plane import repository
from pixguard.laptop.plane.errors import ManifestError, PlaneError
from pixguard.laptop.plane.render import render
from tests.laptop.world import CHECKOUT, OVERLAY


def git(path: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", "--git-dir", str(path), *arguments], capture_output=True, text=True, check=True
    ).stdout.strip()


def test_it_is_seeded_once_with_the_checkouts_manifests(tmp_path: Path) -> None:
    path = tmp_path / "release.git"
    assert repository.head(path) is None
    repository.create(path, CHECKOUT)
    first = repository.head(path)
    assert first is not None
    assert first == git(path, "rev-parse", "main")
    repository.create(path, CHECKOUT)
    assert repository.head(path) == first
    assert {line.split("/")[0] for line in git(path, "ls-tree", "-r", "--name-only", first).splitlines()} == {
        "manifests",
        "kustomize",
    }
    repository.create(path, tmp_path)  # a seeded one needs no checkout


def test_a_packed_head_is_read_too(tmp_path: Path) -> None:
    path = tmp_path / "release.git"
    repository.create(path, CHECKOUT)
    commit = repository.head(path)
    git(path, "pack-refs", "--all")
    assert not (path / repository.BRANCH).exists()
    assert repository.head(path) == commit


def test_a_folder_that_is_no_checkout_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no manifests and no kustomize"):
        repository.create(tmp_path / "release.git", tmp_path)


def test_what_kustomize_says_is_passed_on(tmp_path: Path) -> None:
    path = tmp_path / "release.git"
    repository.create(path, CHECKOUT)
    commit = repository.head(path) or ""
    kinds = {each["kind"] for each in render(path, commit, OVERLAY)}
    assert {"InferenceService", "ClusterServingRuntime"} <= kinds
    with pytest.raises(ManifestError, match="overlay nowhere: "):
        render(path, commit, "kustomize/overlays/nowhere")
    with pytest.raises(PlaneError, match="at 000000000000"):
        render(path, "0" * 40, OVERLAY)
