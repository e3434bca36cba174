"""The comment of a plan: losses first, every change counted, a long plan cut, nothing that breaks out of its block."""

from delivery import plan_text
from delivery.binding import Record

RECORD = Record(
    environment="prod", commit="c" * 40, plan_sha256="a" * 64, lock_sha256="b" * 64, terraform="1.11.4", changes=True
)


def document(*changes: tuple[str, list[str]]) -> plan_text.Json:
    return {"resource_changes": [{"address": a, "change": {"actions": actions}} for a, actions in changes]}


def test_losses_stand_first_and_every_change_is_counted() -> None:
    found = document(
        ("aws_s3_bucket.lake", ["create"]),
        ("aws_db_instance.mlflow", ["delete", "create"]),
        ("aws_iam_role.ci", ["update"]),
        ("aws_sns_topic.alarms", ["no-op"]),
        ("data.aws_caller_identity.me", ["read"]),
        ("aws_kms_key.old", ["forget"]),
    )
    text = plan_text.describe(found, RECORD, "the plan's own text")
    assert text.startswith("### Terraform plan for prod: 1 to create, 1 to forget, 1 to replace, 1 to update")
    assert text.index("- **replace** `aws_db_instance.mlflow`") < text.index("the plan's own text")
    assert "- **forget** `aws_kms_key.old`" in text
    assert RECORD.binding in text
    assert "aws_caller_identity" not in text


def test_a_plan_without_changes_says_so() -> None:
    found = document(("aws_sns_topic.alarms", ["no-op"]))
    assert not plan_text.changes_anything(found)
    assert "no change of a resource" in plan_text.describe(found, RECORD, "")


def test_an_output_alone_is_a_change() -> None:
    assert plan_text.changes_anything({"output_changes": {"bucket": {"actions": ["update"]}}})
    assert not plan_text.changes_anything({"output_changes": {"bucket": {"actions": ["no-op"]}}})


def test_a_long_plan_is_cut_and_says_by_how_much() -> None:
    text = plan_text.describe(document(), RECORD, "x" * (plan_text.MAX_TEXT + 7))
    assert "… 7 more characters" in text
    assert len(text) < 65_536


def test_a_fence_in_the_plan_does_not_end_the_block() -> None:
    text = plan_text.describe(document(), RECORD, "policy ```` of somebody")
    assert text.count("\n`````\n") == 2
