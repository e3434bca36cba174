"""The path from plan to apply: the plan that was approved is applied, to the byte, and nothing else can be."""

import json
import shutil
from pathlib import Path

import pytest
from delivery import plan
from delivery.shell import DeliveryError

from tests.github.conftest import Fakes, Git, commit

TERRAFORM = """
where = here / "next"
wanted = json.loads(where.read_text()) if where.exists() else {}
if arguments[0] == "version":
    print(json.dumps({"terraform_version": wanted.get("version", "1.11.4")}))
if arguments[0] == "plan":
    out = next(a for a in arguments if a.startswith("-out=")).removeprefix("-out=")
    Path(out).write_text(wanted.get("plan", "a plan"))
if arguments[:2] == ["show", "-json"]:
    change = {"address": "aws_s3_bucket.lake", "change": {"actions": ["create"]}}
    print(json.dumps({"resource_changes": [change]}))
if arguments[:2] == ["show", "-no-color"]:
    print("  + aws_s3_bucket.lake")
if arguments[0] == "apply" and "fails" in wanted:
    print(wanted["fails"], file=sys.stderr)
    return 1
if arguments[0] == "apply":
    with (here / "applied").open("a") as file:
        file.write(Path(arguments[-1]).read_text() + "|")
return 0
"""
FILES = {
    "terraform/main.tf": "# nothing\n",
    "terraform/.terraform.lock.hcl": "# locked\n",
    "terraform/envs/prod.tfvars": "\n",
    ".gitignore": "build/\n",
}


@pytest.fixture
def checkout(repository: Path, git: Git, fakes: Fakes, monkeypatch: pytest.MonkeyPatch) -> Path:
    fakes.put("terraform", TERRAFORM)
    commit(git, repository, FILES, "infrastructure")
    monkeypatch.chdir(repository)
    return repository


@pytest.fixture
def out(checkout: Path) -> Path:
    return checkout / "build" / "plan"


def applied(fakes: Fakes) -> str:
    file = fakes.folder / "applied"
    return file.read_text() if file.exists() else ""


def plan_next(fakes: Fakes, **what: str) -> None:
    (fakes.folder / "next").write_text(json.dumps(what))


def refused(fakes: Fakes, out: Path, approved: str, match: str, environment: str = "prod") -> None:
    with pytest.raises(DeliveryError, match=match):
        plan.apply(environment, out, approved)
    assert applied(fakes) == ""


def test_the_approved_plan_is_applied_and_only_once_per_approval_of_it(fakes: Fakes, out: Path) -> None:
    record = plan.make("prod", out)
    assert record.changes
    plan.apply("prod", out, record.binding)
    assert applied(fakes) == "a plan|"
    init = next(call for call in fakes.calls("terraform") if call[0] == "init")
    assert "-lockfile=readonly" in init
    assert "-backend-config=envs/prod.tfbackend" in init


def test_a_plan_that_was_changed_is_refused(fakes: Fakes, out: Path) -> None:
    record = plan.make("prod", out)
    (out / plan.PLAN).write_text("a plan with one more wish")
    refused(fakes, out, record.binding, "plan_sha256 was")


def test_another_plan_with_its_own_record_is_refused(fakes: Fakes, out: Path, tmp_path: Path) -> None:
    approved = plan.make("prod", out).binding
    plan_next(fakes, plan="another plan")
    other = plan.make("prod", tmp_path / "other")
    shutil.copytree(tmp_path / "other", out, dirs_exist_ok=True)
    refused(fakes, out, approved, "not the plan that was approved")
    plan.apply("prod", out, other.binding)
    assert applied(fakes) == "another plan|"


def test_a_plan_under_the_record_of_another_is_refused(fakes: Fakes, out: Path, tmp_path: Path) -> None:
    approved = plan.make("prod", out).binding
    plan_next(fakes, plan="another plan")
    plan.make("prod", tmp_path / "other")
    shutil.copy(tmp_path / "other" / plan.PLAN, out / plan.PLAN)
    refused(fakes, out, approved, "plan_sha256 was")


def test_a_changed_commit_is_refused(fakes: Fakes, out: Path, checkout: Path, git: Git) -> None:
    record = plan.make("prod", out)
    commit(git, checkout, {"README.md": "two\n"}, "something else altogether")
    refused(fakes, out, record.binding, "commit was .* plan again")


def test_the_plan_of_another_environment_is_refused(fakes: Fakes, out: Path) -> None:
    record = plan.make("dev", out)
    refused(fakes, out, record.binding, "environment was dev .* is prod now")


def test_another_terraform_is_refused(fakes: Fakes, out: Path) -> None:
    record = plan.make("prod", out)
    plan_next(fakes, version="1.12.0")
    refused(fakes, out, record.binding, r"terraform was 1\.11\.4 .* is 1\.12\.0 now")


@pytest.mark.parametrize("file", ["main.tf", ".terraform.lock.hcl", "more.tf"])
def test_a_checkout_that_differs_from_its_commit_is_neither_planned_nor_applied(
    fakes: Fakes, out: Path, checkout: Path, file: str
) -> None:
    record = plan.make("prod", out)
    (checkout / "terraform" / file).write_text("# changed\n")
    refused(fakes, out, record.binding, "differs from the commit")
    with pytest.raises(DeliveryError, match="differs from the commit"):
        plan.make("prod", out)


@pytest.mark.parametrize("missing", [plan.PLAN, plan.RECORD])
def test_a_file_that_did_not_arrive_is_named(fakes: Fakes, out: Path, missing: str) -> None:
    record = plan.make("prod", out)
    (out / missing).unlink()
    refused(fakes, out, record.binding, f"{missing} cannot be read")


def test_nothing_is_applied_without_an_approval(fakes: Fakes, out: Path) -> None:
    plan.make("prod", out)
    refused(fakes, out, "", "not a SHA-256")


def test_a_failed_apply_fails_with_terraforms_last_words(fakes: Fakes, out: Path) -> None:
    record = plan.make("prod", out)
    plan_next(fakes, fails="Error: quota")
    with pytest.raises(DeliveryError, match="Error: quota"):
        plan.apply("prod", out, record.binding)


def test_the_command_hands_the_binding_to_later_jobs(
    fakes: Fakes, checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outputs, page = tmp_path / "outputs", tmp_path / "page"
    monkeypatch.setenv("GITHUB_OUTPUT", str(outputs))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(page))
    assert plan._command(["make", "--environment", "prod", "--folder", "build/plan/prod"]) == 0
    said = dict(line.split("=") for line in outputs.read_text().splitlines())
    assert said["changes"] == "true"
    assert said["binding"] in page.read_text()
    plan._command(["apply", "--environment", "prod", "--folder", "build/plan/prod", "--approved", said["binding"]])
    assert applied(fakes) == "a plan|"


@pytest.mark.skipif(shutil.which("terraform") is None, reason="no terraform on the PATH: the stand-in alone was tested")
def test_with_terraform_itself(repository: Path, git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", "/dev/null")
    state = tmp_path / "state" / "prod.tfstate"
    files = {
        "terraform/main.tf": 'terraform {\n  backend "local" {}\n}\nvariable "size" { type = number }\n'
        'resource "terraform_data" "cluster" { input = var.size }\n',
        "terraform/envs/prod.tfvars": "size = 3\n",
        "terraform/envs/prod.tfbackend": f'path = "{state}"\n',
        "terraform/.terraform.lock.hcl": "# built-in providers alone\n",
        ".gitignore": "build/\n.terraform/\n",
    }
    commit(git, repository, files, "infrastructure")
    monkeypatch.chdir(repository)
    first, late = Path("build/first"), Path("build/late")
    approved, stale = plan.make("prod", first).binding, plan.make("prod", late).binding
    assert "terraform_data.cluster" in (first / plan.TEXT).read_text()
    plan.apply("prod", first, approved)
    assert json.loads(state.read_text())["resources"][0]["instances"][0]["attributes"]["input"]["value"] == 3
    with pytest.raises(DeliveryError, match="stale"):  # Terraform's own guard, after ours
        plan.apply("prod", late, stale)
    assert not plan.make("prod", Path("build/again")).changes
