"""Every module is told whole: typed, described variables that refuse nonsense, outputs, a README of real use, tests."""

import re
from pathlib import Path

import pytest

from .checker import TERRAFORM

MODULES = sorted((TERRAFORM / "modules").iterdir())
ROOTS = [TERRAFORM, TERRAFORM / "bootstrap"]
REQUIRED = {
    *("network", "cluster", "registry", "storage", "streaming"),
    *("database", "cache", "identity", "observability", "delivery"),
}


def text(folder: Path) -> str:
    return "\n".join(file.read_text(encoding="utf-8") for file in sorted(folder.glob("*.tf")))


def blocks(kind: str, folder: Path) -> dict[str, str]:
    """Every top-level block of a kind by name; `terraform fmt` ends each with a brace in the first column."""
    return dict(re.findall(rf'^{kind} "(\w+)" \{{\n(.*?)^\}}', text(folder), re.MULTILINE | re.DOTALL))


def test_all_modules_are_there() -> None:
    assert {module.name for module in MODULES} == REQUIRED | {"key"}


@pytest.mark.parametrize("folder", [*MODULES, *ROOTS], ids=lambda folder: folder.name)
def test_variables_and_outputs_are_typed_and_described(folder: Path) -> None:
    for name, body in blocks("variable", folder).items():
        assert re.search(r"^  type +=", body, re.MULTILINE), name
        assert re.search(r'^  description += ".+\."$', body, re.MULTILINE), name
        assert len(re.findall(rf"\bvar\.{name}\b", text(folder))) > body.count(f"var.{name}"), f"{name} is never used"
    for name, body in blocks("output", folder).items():
        assert re.search(r'^  description += ".+\."$', body, re.MULTILINE), name
    assert blocks("output", folder)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_variables_refuse_what_cannot_be(module: Path) -> None:
    loose = [name for name, body in blocks("variable", module).items() if "validation {" not in body]
    assert set(loose) <= {"nat_per_zone", "multi_az"}, "a bool has nothing to refuse; everything else does"


@pytest.mark.parametrize("folder", [*MODULES, *ROOTS], ids=lambda folder: folder.name)
def test_at_least_three_runs_assert_something(folder: Path) -> None:
    (test,) = (folder / "tests").glob("*.tftest.hcl")
    content = test.read_text(encoding="utf-8")
    runs = re.findall(r'^run "\w+" \{\n(.*?)^\}', content, re.MULTILINE | re.DOTALL)
    assert sum("assert {" in run for run in runs) >= 3
    assert all("assert {" in run or "expect_failures" in run for run in runs)
    assert "mock_provider" in content


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_readme_shows_the_modules_real_use(module: Path) -> None:
    readme = (module / "README.md").read_text(encoding="utf-8")
    (usage,) = re.findall(r"```hcl\n(.*?)```", readme, re.DOTALL)
    assert usage.strip() in text(TERRAFORM) + text(TERRAFORM / "modules" / "storage"), "the README shows no real use"
    given = set(re.findall(r"^  (\w+) +=", usage, re.MULTILINE)) - {"source", "for_each", "count"}
    variables = blocks("variable", module)
    assert given <= set(variables), "the README gives what the module does not take"
    needed = {name for name, body in variables.items() if not re.search(r"^  default +=", body, re.MULTILINE)}
    assert needed <= given, "the README leaves out what the module needs"
    for name in [*variables, *blocks("output", module)]:
        assert f"`{name}`" in readme, f"the README does not tell of {name}"


@pytest.mark.parametrize("folder", [*MODULES, *ROOTS], ids=lambda folder: folder.name)
def test_files_are_short(folder: Path) -> None:
    for file in folder.glob("*.tf"):
        assert len(file.read_text(encoding="utf-8").splitlines()) <= 160, file


@pytest.mark.parametrize("name", ["bootstrap", "rollback", "key-rotation", "lost-region"])
def test_runbooks_are_complete_and_short(name: str) -> None:
    runbook = (TERRAFORM / "runbooks" / f"{name}.md").read_text(encoding="utf-8")
    for section in ("## When", "## Steps", "## Check"):
        assert section in runbook, section
    for path in re.findall(r"`((?:terraform|\.ci|\.aws|kustomize)/[\w./-]+)`", runbook):
        assert not path.startswith("terraform/") or (TERRAFORM.parent / path).exists(), path
