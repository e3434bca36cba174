"""Mistakes planted in a copy: each is caught by the check that `make check-github` runs for it."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.github.conftest import ROOT

CHECKS = Path(os.environ.get("CHECKS", ROOT / ".venv-checks"))
pytestmark = pytest.mark.skipif(
    not (CHECKS / "set-up.done").exists(), reason="no linters: `make check-github` installs them, then this runs"
)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for folder in (".github", ".aws", ".ci"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    (tmp_path / ".git").mkdir()  # actionlint looks at what workflows call where it sees a repository
    return tmp_path


def check(copy: Path, *names: str) -> tuple[int, str]:
    done = subprocess.run(
        [ROOT / ".ci" / "check-github", copy, *names],
        env={**os.environ, "CHECKS": str(CHECKS)},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def plant(copy: Path, file: str, old: str, new: str) -> None:
    path = copy / file
    text = path.read_text()
    assert old in text, f"{file} no longer has {old!r}: plant the mistake elsewhere"
    path.write_text(text.replace(old, new, 1))


def caught(copy: Path, name: str, said: str) -> None:
    code, text = check(copy, name)
    assert code == 1, text
    assert said in text
    assert f"check-github: 1 failed: {name}" in text


CI, PLAN, APPLY = (f".github/workflows/{name}.yml" for name in ("ci", "plan", "apply"))
TEST, DEPENDABOT = ".aws/buildspec-test.yml", ".github/dependabot.yml"
CHECKOUT = "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1"
NONE, WRITE = "permissions: {}", "permissions:\n  contents: write"
ECHO = 'run: echo "${{ github.event.pull_request.title }}"'
SHELL, COOLDOWN = "  shell: bash", "    cooldown:\n      default-days: 7\n"
SECRET = "AKIA" + "Q3EGRJ7XZP2LMN5T"  # nobody's, and in two parts: a check may read this file too
MISTAKES = {
    "an action by its tag": (CI, CHECKOUT, "actions/checkout@v7", "zizmor", "unpinned-uses"),
    "every right, for all": (CI, NONE, "permissions: write-all", "zizmor", "excessive-permissions"),
    "contents: write for all": (CI, NONE, WRITE, "zizmor", "excessive-permissions"),
    "credentials that stay": (CI, "persist-credentials: false", "fetch-depth: 1", "zizmor", "artipacked"),
    "a title in a command": (CI, "run: make lint", ECHO, "zizmor", "template-injection"),
    "a stranger's code": (CI, "  pull_request:\n", "  pull_request_target:\n", "zizmor", "dangerous-triggers"),
    "a job without a time-out": (CI, "    timeout-minutes: 30\n", "", "time-outs", "timeout-minutes"),
    "a misspelt key": (CI, "runs-on: ubuntu-24.04", "run-on: ubuntu-24.04", "workflows", "run-on"),
    "an output that no job has": (APPLY, "plan.outputs.changes", "plan.outputs.chagnes", "actionlint", "chagnes"),
    "an unquoted variable": (".ci/need", 'echo "need:', 'rm -rf $1/*; echo "need:', "shellcheck", "SC2086"),
    "a secret in a workflow": (PLAN, "    env:\n", f"    env:\n      ID: {SECRET}\n", "secrets", "CKV_SECRET_2"),
    "a password in a build": (TEST, SHELL, f"{SHELL}\n  variables:\n    DB_PASSWORD: x", "buildspecs", "DB_PASSWORD"),
    "a misspelt phase": (TEST, "  build:", "  biuld:", "buildspecs", "biuld"),
    "new versions at once": (DEPENDABOT, COOLDOWN, "", "zizmor", "dependabot-cooldown"),
    "a misspelt ecosystem": (DEPENDABOT, "ecosystem: pip", "ecosystem: pypi", "dependabot", "pypi"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_planted_mistake_is_caught(copy: Path, mistake: str) -> None:
    file, old, new, name, said = MISTAKES[mistake]
    plant(copy, file, old, new)
    caught(copy, name, said)


def test_without_a_mistake_the_quick_checks_pass(copy: Path) -> None:
    """The slow ones, checkov's, pass in `make check-github` itself."""
    code, text = check(copy, "actionlint", "zizmor", "workflows", "time-outs", "dependabot", "buildspecs", "shellcheck")
    assert code == 0, text
    assert text.count("ok ") == 7
