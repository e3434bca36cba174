"""A mistake that somebody makes in terraform/ is found: each is planted in a copy, and the check runs."""

import subprocess
from pathlib import Path
from types import ModuleType

import pytest

from .checker import ROOT, check, copy_of_terraform, plan, plan_of, replace

CHECKOV = ROOT / ".venv-checks" / "bin" / "checkov"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return copy_of_terraform(tmp_path)


def refused(directory: Path, *messages: str) -> None:
    """The check of a directory fails and says all of this."""
    done = check(directory)
    assert done.returncode == 1, done.stdout
    text = " ".join(done.stdout.split())
    for message in messages:
        assert message in text, done.stdout


def test_a_typo_in_an_argument(copy: Path) -> None:
    replace(copy / "modules/network/vpc.tf", "enable_dns_hostnames", "enable_dns_hostname")
    refused(copy / "modules/network", 'An argument named "enable_dns_hostname" is not expected here')


def test_a_public_bucket(copy: Path) -> None:
    replace(copy / "modules/storage/access.tf", "restrict_public_buckets = true", "restrict_public_buckets = false")
    refused(copy / "modules/storage", "All four blocks, on every bucket.")


def test_a_bucket_policy_for_everyone(copy: Path) -> None:
    replace(
        copy / "modules/storage/access.tf", 'Principal = { Service = "logging.s3.amazonaws.com" }', 'Principal = "*"'
    )
    refused(copy / "modules/storage", "it gives no rights to the world")


def test_a_wildcard_action_of_a_workload(copy: Path) -> None:
    replace(copy / "rights.tf", '["kms:Decrypt", "kms:GenerateDataKey"]', '["kms:*"]')
    refused(copy, "Every action is named in full, like s3:GetObject: no wildcard.")


def test_a_wildcard_action_of_automation(copy: Path) -> None:
    replace(copy / "modules/identity/github_plan.tf", '["s3:DeleteObject", "s3:PutObject"]', '["s3:*"]')
    refused(copy / "modules/identity", "A wildcard action in a role's policy.")


def test_a_role_that_any_branch_may_take(copy: Path) -> None:
    replace(copy / "modules/identity/github.tf", ':environment:${var.github.environment}"]', ':*"]')
    refused(copy / "modules/identity", "A pattern in a trust policy lets others' repositories in.")


def test_a_database_without_encryption(copy: Path) -> None:
    replace(copy / "modules/database/instance.tf", "storage_encrypted     = true", "storage_encrypted     = false")
    refused(copy / "modules/database", "Disk and insights are encrypted under our key.")


def test_logs_for_a_week(copy: Path) -> None:
    replace(
        copy / "modules/network/flow_logs.tf", "retention_in_days = var.log_retention_days", "retention_in_days = 7"
    )
    refused(copy / "modules/network", "Flow logs are kept a year, under our key.")


def test_a_public_bucket_and_a_wildcard_are_denied_in_the_plan_too(tmp_path: Path, evaluate: ModuleType) -> None:
    (tmp_path / "plant").mkdir()
    planted = copy_of_terraform(tmp_path / "plant")
    replace(planted / "modules/registry/registry.tf", "# Scanned again", PUBLIC + "# Scanned again")
    root = planted / "modules/registry"
    test = root / "tests/registry.tftest.hcl"
    head, variables = test.read_text(encoding="utf-8").split("\nvariables {")
    test.write_text(head + "\nvariables {" + variables.split("\n}\n")[0] + '\n}\nrun "plan" {\n  command = plan\n}\n')
    found = evaluate.judge(plan(root, tmp_path))["deny"]
    assert "public access: aws_s3_bucket_acl.leak has the acl public-read" in found
    assert "iam: aws_iam_role_policy.leak allows the wildcard action s3:* in its policy" in found


PUBLIC = """
resource "aws_s3_bucket_acl" "leak" {
  bucket = "leak"
  acl    = "public-read"
}

resource "aws_iam_role_policy" "leak" {
  name   = "leak"
  role   = "leak"
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "s3:*", Resource = "*" }] })
}

"""


def test_checkov_finds_a_public_bucket(copy: Path) -> None:
    if not CHECKOV.exists():
        pytest.skip("no checkov here: make .venv-checks/set-up.done installs it")
    replace(copy / "modules/storage/access.tf", "block_public_acls       = true", "block_public_acls       = false")
    command = [
        CHECKOV,
        "--directory",
        copy / "modules/storage",
        "--framework",
        "terraform",
        "--compact",
        "--quiet",
        "--skip-download",
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 1
    assert "CKV_AWS_53" in done.stdout, done.stdout


def test_a_region_that_nobody_decided(copy: Path, tmp_path: Path) -> None:
    variables = copy / "envs" / "dev.tfvars"
    variables.write_text(variables.read_text(encoding="utf-8") + '\nregion = "eu-west-1"\n', encoding="utf-8")
    with pytest.raises(AssertionError, match="region is sa-east-1"):
        plan_of("dev", tmp_path, copy)
