"""The diff of the rendered objects says what a change does to each environment, rendered by kubectl itself."""

from pathlib import Path

import pytest
from delivery import rendered

from tests.github.conftest import Git, commit

OVERLAY = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [config.yaml]\n"
CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: limits}}\ndata: {{replicas: '{}'}}\n"


def overlay(name: str, replicas: int) -> dict[str, str]:
    folder = f"kustomize/overlays/{name}"
    return {f"{folder}/kustomization.yaml": OVERLAY, f"{folder}/config.yaml": CONFIG.format(replicas)}


@pytest.fixture
def base(repository: Path, git: Git) -> str:
    return commit(git, repository, {**overlay("dev", 1), **overlay("prod", 6)}, "overlays")


def test_only_what_changes_is_shown_and_production_first(repository: Path, git: Git, base: str) -> None:
    commit(git, repository, {**overlay("dev", 2), **overlay("prod", 8), **overlay("staging", 3)}, "more")
    found = rendered.diffs(base, repository)
    assert sorted(found) == ["dev", "prod", "staging"]
    assert '-  replicas: "6"\n+  replicas: "8"' in found["prod"]
    text = rendered.describe(found, base)
    assert text.index("<summary>prod: +1 −1 lines") < text.index("<summary>dev")  # noqa: RUF001
    assert git(repository, "worktree", "list").count("\n") == 0


def test_workloads_and_applications_of_an_environment_are_shown_too(repository: Path, git: Git, base: str) -> None:
    more = {**overlay("dev/workloads", 1), **overlay("prod/platform", 1), **overlay("prod/environment", 1)}
    commit(git, repository, more, "more")
    found = rendered.diffs(base, repository)
    assert sorted(found) == ["dev/workloads", "prod/platform"]
    text = rendered.describe(found, base)
    assert text.index("<summary>prod/platform") < text.index("<summary>dev/workloads")


def test_a_change_of_format_alone_does_nothing(repository: Path, git: Git, base: str) -> None:
    commit(git, repository, {"kustomize/overlays/prod/kustomization.yaml": OVERLAY + "# a comment\n"}, "words")
    assert rendered.diffs(base, repository) == {}
    assert "are the same" in rendered.describe({}, base)


def test_an_overlay_that_goes_away_is_shown(repository: Path, git: Git, base: str) -> None:
    git(repository, "rm", "--quiet", "-r", "kustomize/overlays/dev")
    git(repository, "commit", "--quiet", "--message", "no dev")
    found = rendered.diffs(base, repository)
    assert list(found) == ["dev"]
    assert "\n+" not in found["dev"].split("\n", 2)[2]
