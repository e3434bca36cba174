"""A commit that moves a model brings its evidence and moves nothing else, or it is named as not fit."""

from pathlib import Path

import pytest
from delivery import evidence
from delivery.shell import DeliveryError

from pixguard.release import message
from tests.github.conftest import Git, commit

MODEL = "kustomize/overlays/{}/model.yaml"
TRAILERS = "Pixguard-Action: promote\nPixguard-Version: v0123456789ab\nPixguard-Evidence: 41,233 requests, 0 errors"


@pytest.fixture
def base(repository: Path, git: Git) -> str:
    return commit(git, repository, {MODEL.format("prod"): "old\n", MODEL.format("dev"): "old\n"}, "overlays")


def found(repository: Path, base: str) -> list[evidence.Step]:
    return evidence.steps(base, "HEAD", cwd=repository)


def test_a_promotion_with_its_evidence_is_fit(repository: Path, git: Git, base: str) -> None:
    commit(git, repository, {MODEL.format("prod"): "new\n"}, f"prod: v0123456789ab at 5 %\n\n{TRAILERS}")
    commit(git, repository, {"README.md": "two\n"}, "no model here")
    (step,) = found(repository, base)
    assert step.problems == []
    assert step.environments == ["prod"]
    text = evidence.describe([step])
    assert "| prod | `promote` | `v0123456789ab` | `41,233 requests, 0 errors` | `Ana`" in text
    assert "Not fit" not in text


@pytest.mark.parametrize("name", evidence.REQUIRED)
def test_a_missing_trailer_is_named(repository: Path, git: Git, base: str, name: str) -> None:
    kept = "\n".join(line for line in TRAILERS.splitlines() if not line.startswith(name))
    commit(git, repository, {MODEL.format("prod"): "new\n"}, f"prod\n\n{kept}")
    (step,) = found(repository, base)
    assert step.problems == [f"lacks the trailer {name}"]


def test_a_promotion_touches_nothing_else(repository: Path, git: Git, base: str) -> None:
    commit(git, repository, {MODEL.format("prod"): "new\n", "manifests/x.yaml": "x\n"}, f"prod\n\n{TRAILERS}")
    assert found(repository, base)[0].problems == ["also touches manifests/x.yaml"]


def test_a_promotion_moves_one_environment(repository: Path, git: Git, base: str) -> None:
    commit(git, repository, {MODEL.format(e): "new\n" for e in ("prod", "dev")}, f"both\n\n{TRAILERS}")
    assert found(repository, base)[0].problems == ["moves 2 environments at once: one commit, one environment"]


def test_a_revert_needs_no_evidence(repository: Path, git: Git, base: str) -> None:
    sha = commit(git, repository, {MODEL.format("prod"): "new\n"}, f"prod\n\n{TRAILERS}")
    git(repository, "revert", "--no-edit", sha)
    assert [step.problems for step in found(repository, base)] == [[], []]


def test_a_commit_cannot_write_outside_its_cell(repository: Path, git: Git, base: str) -> None:
    evil = TRAILERS.replace("41,233", "x` | </details> ![](https://evil.example/pixel) `")
    commit(git, repository, {MODEL.format("prod"): "new\n"}, f"prod\n\n{evil}")
    row = evidence.describe(found(repository, base)).splitlines()[4]
    assert row.count("|") == 7
    assert "</details>" not in row


def test_the_command_fails_on_what_is_not_fit(
    repository: Path, git: Git, base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repository)
    out = tmp_path / "build" / "evidence.md"
    assert evidence._command(["--base", base, "--out", str(out)]) == 0
    assert out.read_text() == "No commit here moves a model."
    commit(git, repository, {MODEL.format("prod"): "new\n"}, "by hand")
    with pytest.raises(DeliveryError, match="not fit to merge"):
        evidence._command(["--base", base, "--out", str(out)])
    assert "#### Not fit to merge (3)" in out.read_text()


@pytest.mark.parametrize("action", ["install", "propose", "advance", "promote", "rollback"])
def test_every_commit_of_a_release_is_fit(repository: Path, git: Git, base: str, action: str) -> None:
    figures = {"p99_ms": [4.1, 3.9]}
    note = message.Note(action, "prod", "v0123456789ab", "v000000000000", 25, ("enough traffic",), figures)
    commit(git, repository, {MODEL.format("prod"): "new\n"}, message.write(note))
    (step,) = found(repository, base)
    assert step.problems == []
    assert '"p99_ms": [4.1, 3.9]' in evidence.describe([step])
