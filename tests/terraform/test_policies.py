"""Each rule denies its failing samples with exactly the message they carry, and lets its passing sample through."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from .checker import TERRAFORM

POLICIES = TERRAFORM / "policies"
SAMPLES = sorted((POLICIES / "samples").glob("*/*.json"))
RULES = ("public_access", "encryption", "tags", "iam", "regions", "protected")


def name(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


@pytest.mark.parametrize("path", SAMPLES, ids=name)
def test_sample(path: Path, evaluate: ModuleType) -> None:
    sample = json.loads(path.read_text(encoding="utf-8"))
    kind = path.stem.split("-")[0]
    expected: dict[str, list[str]] = {"deny": [], "warn": []}
    if kind != "pass":
        expected[{"fail": "deny", "warn": "warn"}[kind]] = [sample["expected"]]
    assert evaluate.judge(sample) == expected


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_has_samples_of_both_kinds(rule: str) -> None:
    kinds = [path.stem.split("-")[0] for path in SAMPLES if path.parent.name == rule]
    assert kinds.count("pass") == 1
    assert kinds.count("fail") >= 2
    assert (POLICIES / f"{rule}.rego").exists()


@pytest.mark.parametrize("rule", RULES)
def test_every_way_to_break_a_rule_has_a_sample(rule: str, tmp_path: Path, evaluate: ModuleType) -> None:
    """Without one of its denials a rule lets a failing sample through, so no denial is there for nothing."""
    text = (POLICIES / f"{rule}.rego").read_text(encoding="utf-8")
    samples = [
        json.loads(path.read_text(encoding="utf-8")) for path in SAMPLES if name(path).startswith(f"{rule}/fail")
    ]
    pieces = text.split("deny contains message if {")
    assert len(pieces) > 1
    for number in range(1, len(pieces)):
        _, rest = pieces[number].split("\n}\n", 1)
        cut = [*pieces[:number], "\0" + rest, *pieces[number + 1 :]]
        module = "deny contains message if {".join(cut).replace("deny contains message if {\0", "")
        copy = _copy(tmp_path / str(number), rule, module)
        needed = any(not evaluate.judge(sample, copy)["deny"] for sample in samples)
        assert needed, f"no sample needs denial {number} of {rule}.rego"


def _copy(folder: Path, rule: str, module: str) -> Path:
    folder.mkdir()
    for path in [*POLICIES.glob("*.rego"), POLICIES / "settings.json"]:
        (folder / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    # `deny` must still exist where a rule had only one.
    (folder / f"{rule}.rego").write_text(module + '\ndeny contains "" if false\n', encoding="utf-8")
    return folder


@pytest.mark.parametrize("environment", ["dev", "staging", "prod"])
def test_what_is_planned_is_within_the_rules(
    environment: str, plans: dict[str, dict[str, Any]], evaluate: ModuleType
) -> None:
    assert evaluate.judge(plans[environment]) == {"deny": [], "warn": []}
    assert len(plans[environment]["resource_changes"]) > 200


def command(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, POLICIES / "evaluate.py", *arguments], capture_output=True, text=True, check=False
    )


def test_the_command_tells_what_it_found() -> None:
    done = command(POLICIES / "samples" / "iam" / "fail-wildcard.json")
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "deny: iam: aws_iam_role_policy.a allows the wildcard action s3:* in its policy",
        "1 resources, 1 denied, 0 warnings",
    ]
    assert command(POLICIES / "samples" / "iam" / "pass.json").returncode == 0


def test_ci_judges_plans_by_the_same_rules() -> None:
    """Without conftest; with it, .ci/check-plan hands it these rules and these settings."""
    script = TERRAFORM.parent / ".ci" / "check-plan"
    environment = {**os.environ, "PATH": "/usr/bin:/bin", "VENV": sys.prefix}
    for name, code in (("fail-wildcard", 1), ("pass", 0)):
        plan = POLICIES / "samples" / "iam" / f"{name}.json"
        done = subprocess.run([script, plan], env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stdout + done.stderr


def test_conftest_gets_the_rules_and_the_settings(tmp_path: Path) -> None:
    conftest = tmp_path / "conftest"
    conftest.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n', encoding="utf-8")
    conftest.chmod(0o755)
    script = TERRAFORM.parent / ".ci" / "check-plan"
    environment = {**os.environ, "PATH": f"{tmp_path}:/usr/bin:/bin"}
    done = subprocess.run(
        [script, "plan.json"], env=environment, cwd=TERRAFORM.parent, capture_output=True, text=True, check=True
    )
    said = done.stdout.splitlines()
    assert said[0] == "test"
    assert Path(said[said.index("--policy") + 1]).resolve() == POLICIES
    assert Path(said[said.index("--data") + 1]).resolve() == POLICIES / "settings.json"
    assert said[-1] == str(TERRAFORM.parent / "plan.json")


@pytest.mark.parametrize(("text", "message"), [("{", "cannot be judged"), ("{}", "it has no resource_changes")])
def test_what_is_no_plan_is_not_within_the_rules(text: str, message: str, tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    plan.write_text(text, encoding="utf-8")
    done = command(plan)
    assert done.returncode == 2
    assert message in done.stderr


def test_rules_that_cannot_be_read_are_an_error_and_not_a_pass(tmp_path: Path, evaluate: ModuleType) -> None:
    copy = _copy(
        tmp_path / "broken", "iam", "package main\n\nimport rego.v1\n\ndeny contains message if { not a rule }\n"
    )
    with pytest.raises(evaluate.RegoError):
        evaluate.judge({"resource_changes": []}, copy)
