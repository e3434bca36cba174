"""Images reach an environment by one commit: a pull request, or a push where a pipeline asked before."""

import json
from pathlib import Path

import pytest
from delivery import images, promote
from delivery.shell import DeliveryError

from tests.github.conftest import Fakes, Git, commit

HEADER = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
KUSTOMIZATION = HEADER + "resources: [pod.yaml]\ncomponents: [environment]\n"
ENVIRONMENT = (
    HEADER.replace("v1beta1\nkind: Kustomization", "v1alpha1\nkind: Component")
    + "configMapGenerator: [{name: e, literals: [A=b]}]\n"
)
POD = """\
apiVersion: v1
kind: Pod
metadata: {name: serve}
spec: {containers: [{name: serve, image: "ghcr.io/pixguard/pixguard-serve:0.1.0"}]}
"""
PUSHED = [images.Image("serve", "registry.example/pixguard-serve", f"sha256:{'a' * 64}")]
GH = """
if arguments[:2] == ["pr", "list"]:
    print((here / "open").read_text() if (here / "open").exists() else "")
if arguments[:2] == ["pr", "create"]:
    print("https://github.example/pull/9")
return 0
"""


@pytest.fixture
def checkout(repository: Path, git: Git, fakes: Fakes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    fakes.put("gh", GH)
    files = {".gitignore": "build/\n"}
    for name in promote.ENVIRONMENTS:
        files |= {f"kustomize/overlays/{name}/kustomization.yaml": KUSTOMIZATION}
        files |= {f"kustomize/overlays/{name}/environment/kustomization.yaml": ENVIRONMENT}
        files |= {f"kustomize/overlays/{name}/pod.yaml": POD}
    commit(git, repository, files, "overlays")
    git(repository, "push", "--quiet", "origin", "main")
    folder = repository / "build" / "images"
    folder.mkdir(parents=True)
    entries = [{"target": i.target, "name": i.name, "digest": i.digest} for i in PUSHED]
    (folder / "images.json").write_text(json.dumps(entries))
    monkeypatch.chdir(repository)
    return repository


def run(environment: str, *options: str) -> int:
    return promote._command(["--environment", environment, "--release", "v1.2.0", *options])


def test_prod_waits_for_an_owner(checkout: Path, git: Git, fakes: Fakes) -> None:
    before = git(checkout, "rev-parse", "origin/main")
    assert run("prod") == 0
    git(checkout, "fetch", "--quiet")
    assert git(checkout, "rev-parse", "origin/main") == before
    assert git(checkout, "diff", "--name-only", "main~1", "origin/promote/prod-v1.2.0") == (
        "kustomize/overlays/prod/environment/kustomization.yaml"
    )
    message = git(checkout, "log", "-1", "--format=%B", "origin/promote/prod-v1.2.0")
    assert "Pixguard-Release: v1.2.0" in message
    assert f"Pixguard-Image: {PUSHED[0].reference}" in message
    verbs = [call[:2] for call in fakes.calls("gh")]
    assert verbs == [["pr", "list"], ["pr", "create"], ["workflow", "run"]]


def test_dev_merges_by_itself_once_green(checkout: Path, fakes: Fakes) -> None:
    run("dev")
    assert fakes.calls("gh")[-1] == ["pr", "merge", "https://github.example/pull/9", "--auto", "--squash"]


def test_the_request_shows_digests_and_objects(checkout: Path, fakes: Fakes) -> None:
    run("prod")
    create = fakes.calls("gh")[1]
    body = create[create.index("--body") + 1]
    assert f"| serve | `{PUSHED[0].reference}` |" in body
    assert f"+  - image: {PUSHED[0].reference}" in body


def test_a_request_that_is_open_is_not_opened_twice(checkout: Path, fakes: Fakes) -> None:
    (fakes.folder / "open").write_text("https://github.example/pull/8\n")
    run("prod")
    assert [call[:2] for call in fakes.calls("gh")] == [["pr", "list"]]


def test_direct_is_a_push_to_main(checkout: Path, git: Git, fakes: Fakes, capsys: pytest.CaptureFixture[str]) -> None:
    run("staging", "--direct")
    head = git(checkout, "rev-parse", "HEAD")
    assert git(checkout, "ls-remote", "origin", "refs/heads/main").startswith(head)
    assert f"commit={head}" in capsys.readouterr().out
    assert fakes.calls("gh") == []


def test_what_runs_already_is_no_commit(checkout: Path, git: Git, capsys: pytest.CaptureFixture[str]) -> None:
    run("staging", "--direct")
    head = git(checkout, "rev-parse", "HEAD")
    run("staging", "--direct")
    assert git(checkout, "rev-parse", "HEAD") == head
    assert "runs the images of v1.2.0 already" in capsys.readouterr().out


def test_a_checkout_that_differs_is_refused(checkout: Path) -> None:
    (checkout / "README.md").write_text("changed\n")
    with pytest.raises(DeliveryError, match="promote from a clean one"):
        run("dev")
