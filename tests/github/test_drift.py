"""The text on drift names resources and attributes, never a value, and is empty when all agree."""

import json
from pathlib import Path

import pytest
from delivery import drift

DRIFTED = {
    "resource_drift": [
        {
            "address": "aws_security_group.cache",
            "change": {
                "actions": ["update"],
                "before": {"ingress": ["10.0.0.0/8"], "name": "cache", "note": "s3cr3t"},
                "after": {"ingress": ["0.0.0.0/0"], "name": "cache", "note": "0ther"},
            },
        },
        {"address": "aws_kms_alias.lake", "change": {"actions": ["delete"], "before": {"name": "x"}, "after": None}},
    ],
    "resource_changes": [
        {"address": "aws_security_group.cache", "change": {"actions": ["update"]}},
        {"address": "aws_kms_alias.lake", "change": {"actions": ["create"]}},
        {"address": "aws_s3_bucket.lake", "change": {"actions": ["no-op"]}},
    ],
}


def test_what_was_changed_outside_is_told_by_attribute() -> None:
    text = drift.describe(DRIFTED, "prod", "c" * 40)
    assert "#### Changed outside Terraform (2)" in text
    assert "- update `aws_security_group.cache`: `ingress`, `note`" in text
    assert "- destroy `aws_kms_alias.lake`" in text
    assert "#### What an apply would do (2)" in text


@pytest.mark.parametrize("value", ["s3cr3t", "0ther", "10.0.0.0", "0.0.0.0"])
def test_no_value_is_told(value: str) -> None:
    assert value not in drift.describe(DRIFTED, "prod", "c" * 40)


def test_no_drift_is_no_text() -> None:
    agreed = {"resource_changes": [{"address": "aws_s3_bucket.lake", "change": {"actions": ["no-op"]}}]}
    assert drift.describe(agreed, "prod", "c" * 40) == ""


def test_the_command_says_whether_there_is_drift(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan, out = tmp_path / "plan.json", tmp_path / "drift.md"
    plan.write_text(json.dumps(DRIFTED))
    drift._command(["--environment", "prod", "--commit", "c" * 40, "--plan", str(plan), "--out", str(out)])
    assert capsys.readouterr().out.endswith("drift=true\n")
    assert "aws_kms_alias.lake" in out.read_text()
