"""What workflows must be beyond what linters ask: least rights, OIDC alone, pins with a name, logic elsewhere."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.github.conftest import ROOT

FILES = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
USED = sorted([*FILES, *(ROOT / ".github" / "actions").glob("*/action.yml")])
EVERY = pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
PIN = re.compile(r"uses: ([\w.-]+/[\w./-]+)@(\S+)(?: # (v\d+\.\d+\.\d+))?$")
MAY_WRITE_CONTENTS = {"promote.yml": {"watch"}, "promote-images.yml": {"propose"}, "release.yml": {"publish", "dev"}}


def load(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(file.read_text())
    return found


def triggers(file: Path) -> dict[str, Any]:
    found = load(file)[True]  # YAML 1.1 reads `on` as a truth
    return found if isinstance(found, dict) else dict.fromkeys(found)


def test_all_that_deliver_are_there() -> None:
    wanted = {"ci", "images", "release", "promote", "terraform", "nightly", "drift", "security"}
    assert wanted <= {file.stem for file in FILES}


@EVERY
def test_a_workflow_has_no_right_that_a_job_does_not_name(file: Path) -> None:
    workflow = load(file)
    assert workflow["permissions"] == {}
    assert all("permissions" in job for job in workflow["jobs"].values())


@EVERY
def test_contents_are_written_by_those_who_push_alone(file: Path) -> None:
    jobs = load(file)["jobs"]
    writing = {name for name, job in jobs.items() if job["permissions"].get("contents") == "write"}
    assert writing == MAY_WRITE_CONTENTS.get(file.name, set())


def test_every_action_is_pinned_by_commit_and_one_name_is_one_commit() -> None:
    seen: dict[str, set[tuple[str, str]]] = {}
    for file in USED:
        for line in file.read_text().splitlines():
            if "uses:" not in line or "uses: $/" in line:
                continue
            found = PIN.search(line)
            assert found, f"{file.name}: {line.strip()}: wanted owner/name@<40 hex digits> # vX.Y.Z"
            assert re.fullmatch("[0-9a-f]{40}", found[2]), f"{file.name}: {line.strip()}: wanted a whole commit"
            seen.setdefault("/".join(found[1].split("/")[:2]), set()).add((found[2], found[3]))
    assert all(len(pins) == 1 for pins in seen.values()), seen
    assert len(seen) >= 10


@EVERY
def test_no_checkout_keeps_its_credentials(file: Path) -> None:
    steps = [step for job in load(file)["jobs"].values() for step in job.get("steps", [])]
    checkouts = [step for step in steps if step.get("uses", "").startswith("actions/checkout@")]
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


@EVERY
def test_there_is_no_long_lived_key(file: Path) -> None:
    text = file.read_text()
    assert not re.search(r"secrets\s*[.:[]", text)
    assert "aws-access-key-id" not in text
    for name, job in load(file)["jobs"].items():
        steps = job.get("steps", [])
        if any("configure-aws-credentials" in step.get("uses", "") for step in steps):
            assert job["permissions"]["id-token"] == "write", name


@EVERY
def test_logic_is_not_in_yaml(file: Path) -> None:
    for name, job in load(file)["jobs"].items():
        for step in job.get("steps", []):
            lines = step.get("run", "").strip().splitlines()
            assert len(lines) <= 1, f"{name}: {lines}"
            assert not re.search(r"\$\{\{", step.get("run", "")), f"{name}: an expression in a command is an injection"


@EVERY
def test_two_runs_do_not_meet_unless_others_call_it(file: Path) -> None:
    if set(triggers(file)) != {"workflow_call"}:
        assert "concurrency" in load(file)


@EVERY
def test_nothing_runs_a_strangers_code_with_our_rights(file: Path) -> None:
    assert not {"pull_request_target", "workflow_run", "issue_comment"} & set(triggers(file))


@pytest.mark.parametrize("name", ["ci", "nightly", "security"])
def test_all_green_needs_every_other_job(name: str) -> None:
    jobs = load(ROOT / ".github" / "workflows" / f"{name}.yml")["jobs"]
    assert set(jobs["all-green"]["needs"]) == set(jobs) - {"all-green"}
    assert jobs["all-green"]["if"] == "always()"


def test_an_apply_takes_the_plan_and_its_binding_by_two_ways() -> None:
    jobs = load(ROOT / ".github" / "workflows" / "apply.yml")["jobs"]
    apply = jobs["apply"]
    assert apply["needs"] == "plan"
    assert apply["environment"] == "${{ inputs.environment }}"
    last = apply["steps"][-1]
    assert last["run"] == "make apply-plan"
    assert last["env"]["APPROVED"] == "${{ needs.plan.outputs.binding }}"
    assert not any(step.get("run", "").startswith("terraform") for step in apply["steps"])


def test_environments_are_applied_one_after_the_other() -> None:
    jobs = load(ROOT / ".github" / "workflows" / "terraform.yml")["jobs"]
    assert (jobs["staging"]["needs"], jobs["prod"]["needs"]) == ("dev", "staging")


def test_new_versions_wait() -> None:
    updates = yaml.safe_load((ROOT / ".github" / "dependabot.yml").read_text())["updates"]
    assert {u["package-ecosystem"] for u in updates} == {"github-actions", "pip", "docker", "terraform"}
    assert all(u["cooldown"]["default-days"] >= 7 for u in updates)


def test_what_customers_feel_and_what_holds_the_keys_has_owners() -> None:
    lines = (ROOT / ".github" / "CODEOWNERS").read_text().splitlines()
    owned = {line.split()[0]: line.split()[1:] for line in lines if line and not line.startswith("#")}
    for path in ("/kustomize/overlays/prod/", "/terraform/", "/.github/", "/.ci/", "/.aws/"):
        assert owned[path], path


@pytest.mark.parametrize("file", [*USED, *sorted((ROOT / ".aws").glob("*.yml"))], ids=lambda file: file.name)
def test_every_target_and_script_that_is_called_is_there(file: Path) -> None:
    text = file.read_text()
    rules = (ROOT / "Makefile").read_text() + (ROOT / ".ci" / "delivery.mk").read_text()
    targets = set(re.findall(r"^([a-z0-9-]+):", rules, re.MULTILINE))
    called = {name for call in re.findall(r"(?:run: |- )make ([a-z0-9 -]+)", text) for name in call.split()}
    assert called <= targets
    for script in re.findall(r"(?:run: |- )(\.ci/[a-z-]+)", text):
        assert (ROOT / script).stat().st_mode & 0o111, script
