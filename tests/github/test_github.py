"""Comments and issues are written once and then edited; what others wrote is left alone."""

import json
from pathlib import Path

import pytest
from delivery import github
from delivery.shell import DeliveryError

from tests.github.conftest import Fakes

GH = """
method = arguments[arguments.index("--method") + 1] if "--method" in arguments else "GET"
if method == "GET":
    print((here / "pages.json").read_text())
elif (here / "down").exists():
    print("HTTP 502: try again", file=sys.stderr)
    return 1
else:
    print(json.dumps({"html_url": f"https://github.example/{method}/{arguments[-1]}"}))
return 0
"""


@pytest.fixture
def gh(fakes: Fakes) -> Fakes:
    fakes.put("gh", GH)
    pages(fakes, [])
    return fakes


def pages(fakes: Fakes, *found: list[dict[str, object]]) -> None:
    (fakes.folder / "pages.json").write_text(json.dumps(found))


def sent(fakes: Fakes) -> list[tuple[str, str, dict[str, object]]]:
    calls = [call for call in fakes.said() if "--method" in call["arguments"]]  # type: ignore[operator]
    return [(c["arguments"][2], c["arguments"][-1], json.loads(c["stdin"])) for c in calls]  # type: ignore[index, arg-type]


def written(identity: int, body: str | None, kind: str = "Bot") -> dict[str, object]:
    return {"id": identity, "number": identity, "body": body, "user": {"type": kind}}


def test_the_first_comment_is_posted_with_its_marker(gh: Fakes) -> None:
    github.comment(7, "plan-prod", "the plan")
    ((method, path, fields),) = sent(gh)
    assert (method, path) == ("POST", "repos/{owner}/{repo}/issues/7/comments")
    assert fields == {"body": "<!-- pixguard:plan-prod -->\nthe plan"}


def test_a_rerun_edits_its_own_comment_on_any_page(gh: Fakes) -> None:
    mine = github.marker("plan-prod")
    pages(
        gh,
        [written(1, "hello"), written(2, f"{mine}\nsomebody's copy of it", "User")],
        [written(3, f"{github.marker('plan-dev')}\ndev"), written(4, f"{mine}\nold")],
    )
    github.comment(7, "plan-prod", "new")
    ((method, path, _),) = sent(gh)
    assert (method, path) == ("PATCH", "repos/{owner}/{repo}/issues/comments/4")


def test_an_issue_is_opened_once_and_then_rewritten(gh: Fakes) -> None:
    github.issue("drift-prod", "Drift in prod", "a bucket", "pixguard")
    pages(gh, [written(12, f"{github.marker('drift-prod')}\na bucket")])
    github.issue("drift-prod", "Drift in prod", "two buckets", "pixguard")
    (opened, rewritten) = sent(gh)
    assert opened[:2] == ("POST", "repos/{owner}/{repo}/issues")
    assert opened[2]["labels"] == ["pixguard"]
    assert rewritten[:2] == ("PATCH", "repos/{owner}/{repo}/issues/12")


def test_closing_closes_ours_alone(gh: Fakes) -> None:
    assert github.close("drift-prod", "pixguard") == []
    mine, others, empty = f"{github.marker('drift-prod')}\n", "drift-prod, says somebody", None
    pages(gh, [written(12, mine), written(13, others), written(14, empty)])
    assert len(github.close("drift-prod", "pixguard")) == 1
    assert sent(gh) == [("PATCH", "repos/{owner}/{repo}/issues/12", {"state": "closed"})]


def test_a_text_too_long_for_github_is_cut_and_says_so(gh: Fakes) -> None:
    github.comment(7, "plan-prod", "x" * 70_000)
    body = str(sent(gh)[0][2]["body"])
    assert len(body) < 65_536
    assert body.endswith("the run's artifact has it all")


def test_an_error_of_github_is_told(gh: Fakes) -> None:
    (gh.folder / "down").touch()
    with pytest.raises(DeliveryError, match="HTTP 502"):
        github.comment(7, "plan-prod", "text")


def test_a_comment_without_a_number_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DeliveryError, match="needs --number and --body"):
        github._command(["comment", "--name", "x"])
