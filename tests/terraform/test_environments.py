"""What the plans of the environments say together: limits that hold, names that agree, and what it costs."""

import json
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from .checker import ENVIRONMENTS, ROOT, TERRAFORM, copy_of_terraform, only_run, plan

Plans = dict[str, dict[str, Any]]


def planned(document: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [change for change in document["resource_changes"] if change["type"] == kind]


def statements(change: dict[str, Any]) -> list[dict[str, Any]]:
    return list(json.loads(change["change"]["after"]["policy"])["Statement"])


@pytest.fixture(scope="module")
def ceiling(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Every action that bootstrap's boundary lets a role of ours have."""
    folder = tmp_path_factory.mktemp("bootstrap")
    root = copy_of_terraform(folder) / "bootstrap"
    only_run(root / "tests" / "bootstrap.tftest.hcl")
    (root / "terraform.tfvars").write_text('environment = "dev"\naccount_id  = "111111111111"\n', encoding="utf-8")
    (boundary,) = planned(plan(root, folder), "aws_iam_policy")
    return set(statements(boundary)[0]["Action"])


def test_no_role_needs_what_the_boundary_forbids(plans: Plans, ceiling: set[str]) -> None:
    """A right beyond the boundary would be written down and not work; one that nobody needs is no limit."""
    bounded = {
        change["address"].replace("aws_iam_role.", "aws_iam_role_policy.")
        for document in plans.values()
        for change in planned(document, "aws_iam_role")
        if change["change"]["after"]["permissions_boundary"]
    }
    used = {
        action
        for document in plans.values()
        for change in planned(document, "aws_iam_role_policy")
        if change["address"] in bounded
        for statement in statements(change)
        for action in statement["Action"]
    }
    assert used <= ceiling
    delivery = {action for action in ceiling if action.split(":")[0] in {"codebuild", "codeconnections"}}
    assert ceiling - used - delivery <= DELIVERY_ALONE


# What only module delivery needs, which no environment has switched on.
DELIVERY_ALONE = {
    "cloudwatch:DescribeAlarms", "ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:CompleteLayerUpload",
    "ecr:GetAuthorizationToken", "ecr:GetDownloadUrlForLayer", "ecr:InitiateLayerUpload", "ecr:PutImage",
    "ecr:UploadLayerPart", "kms:DescribeKey", "kms:GetPublicKey", "kms:Sign", "s3:GetBucketVersioning",
}  # fmt: skip


def test_a_role_with_a_policy_of_ours_has_the_boundary_or_is_automations(plans: Plans) -> None:
    for document in plans.values():
        for change in planned(document, "aws_iam_role"):
            after = change["change"]["after"]
            bounded = after["path"] == "/pixguard/bounded/"
            assert bounded == bool(after["permissions_boundary"]), change["address"]
            assert after["path"] in {"/pixguard/bounded/", "/pixguard/service/", "/pixguard/automation/"}


def test_policies_fit_into_what_aws_takes(plans: Plans) -> None:
    for change in planned(plans["prod"], "aws_iam_role_policy"):
        assert len(change["change"]["after"]["policy"]) < 10240, change["address"]
    for change in planned(plans["prod"], "aws_iam_role"):
        assert len(change["change"]["after"]["assume_role_policy"]) < 2048, change["address"]
        assert len(change["change"]["after"]["name"]) <= 64, change["address"]
    for change in planned(plans["prod"], "aws_s3_bucket"):
        assert len(change["change"]["after"]["bucket"]) <= 63, change["address"]


def test_the_state_is_where_the_backend_looks_for_it() -> None:
    for environment in ENVIRONMENTS:
        variables = (TERRAFORM / "envs" / f"{environment}.tfvars").read_text(encoding="utf-8")
        account = re.search(r'^account_id\s+= "(\d{12})"$', variables, re.MULTILINE)
        assert account is not None
        backend = (TERRAFORM / "envs" / f"{environment}.tfbackend").read_text(encoding="utf-8")
        assert f'"pixguard-{environment}-state-{account[1]}"' in backend
        assert f'"alias/pixguard-{environment}-state"' in backend


def test_every_environment_has_its_own_account_and_addresses(plans: Plans) -> None:
    ranges = [planned(document, "aws_vpc")[0]["change"]["after"]["cidr_block"] for document in plans.values()]
    assert len(set(ranges)) == len(ranges)
    names = {file.stem for file in (TERRAFORM / "envs").glob("*.tfvars")}
    assert names == set(ENVIRONMENTS)


def test_prod_survives_what_dev_need_not(plans: Plans) -> None:
    (database,) = planned(plans["prod"], "aws_db_instance")
    assert database["change"]["after"]["multi_az"] is True
    assert database["change"]["after"]["backup_retention_period"] == 35
    (lock,) = [
        change
        for change in planned(plans["prod"], "aws_s3_bucket_object_lock_configuration")
        if "replica" not in change["address"]
    ]
    assert lock["change"]["after"]["rule"][0]["default_retention"][0]["mode"] == "COMPLIANCE"
    assert len(planned(plans["prod"], "aws_s3_bucket_replication_configuration")) == 1
    assert len(planned(plans["prod"], "aws_nat_gateway")) == 3


def test_the_costs_in_the_readme_are_those_of_the_plans(plans: Plans, estimate: ModuleType) -> None:
    book = json.loads((TERRAFORM / "costs" / "prices.json").read_text(encoding="utf-8"))
    table = estimate.table({name: estimate.groups(name, plans[name], book) for name in ENVIRONMENTS})
    assert table in (TERRAFORM / "README.md").read_text(encoding="utf-8"), table


def test_budgets_leave_room_but_not_twice_over(plans: Plans, estimate: ModuleType) -> None:
    book = json.loads((TERRAFORM / "costs" / "prices.json").read_text(encoding="utf-8"))
    for name, document in plans.items():
        cost = sum(estimate.groups(name, document, book).values())
        (budget,) = planned(document, "aws_budgets_budget")
        assert cost < float(budget["change"]["after"]["limit_amount"]) < 2 * cost, name


def test_a_thing_without_a_price_is_an_error(estimate: ModuleType) -> None:
    book = json.loads((TERRAFORM / "costs" / "prices.json").read_text(encoding="utf-8"))
    with pytest.raises(SystemExit, match=r"no price of 'p5\.48xlarge'"):
        estimate.monthly("p5.48xlarge", book)


def test_what_overlays_get_is_documented() -> None:
    outputs = (TERRAFORM / "outputs.tf").read_text(encoding="utf-8").split("platform = {")[1].split("}\n")[0]
    keys = set(re.findall(r"^    ([A-Z_]+) +=", outputs, re.MULTILINE))
    documented = set(
        re.findall(r"^\| `([A-Z_]+)`", (TERRAFORM / "PLATFORM.md").read_text(encoding="utf-8"), re.MULTILINE)
    )
    assert keys == documented


def test_builds_inside_aws_run_specifications_that_exist() -> None:
    folder = ROOT / ".aws"
    if not folder.exists():
        pytest.skip("no .aws in this checkout: the build specifications are made elsewhere")
    builds = re.findall(
        r"^    (\w+) += \{ minutes", (TERRAFORM / "modules/delivery/builds.tf").read_text(), re.MULTILINE
    )
    assert builds
    assert {f"buildspec-{name}.yml" for name in builds} <= {file.name for file in Path(folder).iterdir()}
