"""An alarm after a merge takes the merge back by a commit, once, also when somebody else pushes meanwhile."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from delivery import revert
from delivery.revert import Alarm
from delivery.shell import DeliveryError

from tests.github.conftest import Fakes, Git, commit

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture
def bad(repository: Path, git: Git, monkeypatch: pytest.MonkeyPatch) -> str:
    sha = commit(git, repository, {"model.yaml": "bad\n"}, "prod: a bad model")
    git(repository, "push", "--quiet", "origin", "main")
    monkeypatch.chdir(repository)
    return sha


def on_main(repository: Path, git: Git) -> str:
    git(repository, "fetch", "--quiet")
    return git(repository, "log", "-1", "--format=%B", "origin/main")


def alarm(name: str, minutes: float) -> Alarm:
    return Alarm(name, NOW + timedelta(minutes=minutes))


def test_only_alarms_that_went_off_after_the_merge_are_blamed() -> None:
    assert revert.blamed([alarm("p99", 1), alarm("old", -1), alarm("errors", 3)], NOW) == ["errors", "p99"]
    assert revert.blamed([], NOW) == []


def test_the_revert_says_what_it_takes_back_and_why(repository: Path, git: Git, bad: str) -> None:
    assert revert.revert(bad, "alarms p99")
    said = on_main(repository, git)
    assert said.startswith('Revert "prod: a bad model"')
    assert f"This reverts commit {bad}." in said
    assert "Pixguard-Action: revert\nPixguard-Evidence: alarms p99" in said
    assert "model.yaml" not in git(repository, "ls-tree", "--name-only", "origin/main")


def test_reverting_twice_changes_nothing(repository: Path, git: Git, bad: str) -> None:
    revert.revert(bad, "alarms p99")
    tip = git(repository, "ls-remote", "origin", "refs/heads/main")
    assert not revert.revert(bad, "alarms p99")
    assert git(repository, "ls-remote", "origin", "refs/heads/main") == tip


def test_a_merge_is_taken_back_as_a_whole(repository: Path, git: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    git(repository, "switch", "--quiet", "--create", "work")
    for name in ("one", "two"):
        commit(git, repository, {name: "x\n"}, name)
    git(repository, "switch", "--quiet", "main")
    git(repository, "merge", "--quiet", "--no-ff", "--message", "merge work", "work")
    git(repository, "push", "--quiet", "origin", "main")
    monkeypatch.chdir(repository)
    revert.revert(git(repository, "rev-parse", "HEAD"), "by hand")
    on_main(repository, git)
    assert git(repository, "ls-tree", "--name-only", "origin/main") == "README.md"


def test_a_push_in_between_is_taken_in(
    repository: Path, git: Git, bad: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other, real = tmp_path / "other", revert._commit
    git(tmp_path, "clone", "--quiet", str(tmp_path / "origin.git"), str(other))

    def commit_late(*arguments: object) -> None:
        real(*arguments)  # type: ignore[arg-type]
        if not (other / "late").exists():
            commit(git, other, {"late": "x\n"}, "somebody else's")
            git(other, "push", "--quiet", "origin", "main")

    monkeypatch.setattr(revert, "_commit", commit_late)
    assert revert.revert(bad, "alarms p99")
    on_main(repository, git)
    assert git(repository, "ls-tree", "--name-only", "origin/main").split() == ["README.md", "late"]


def test_what_later_commits_build_on_is_left_to_a_person(repository: Path, git: Git, bad: str) -> None:
    commit(git, repository, {"model.yaml": "mended\n"}, "a mend")
    git(repository, "push", "--quiet", "origin", "main")
    with pytest.raises(DeliveryError, match="later commits build on it"):
        revert.revert(bad, "alarms p99")
    assert git(repository, "status", "--porcelain") == ""


RULES = """#!/bin/sh
[ "$1" != refs/heads/main ] || { echo "GH013: Repository rule violations" >&2; exit 1; }
"""


def test_a_protected_branch_gets_a_pull_request(
    repository: Path, git: Git, bad: str, tmp_path: Path, fakes: Fakes
) -> None:
    fakes.put("gh", "print('https://github.example/pull/10')\nreturn 0")
    hook = tmp_path / "origin.git" / "hooks" / "update"
    hook.write_text(RULES)
    hook.chmod(0o755)
    assert revert.revert(bad, "alarms p99")
    branch = f"revert/{bad[:12]}"
    assert git(repository, "ls-remote", "origin", f"refs/heads/{branch}")
    assert [call[:2] for call in fakes.calls("gh")] == [["pr", "create"], ["workflow", "run"], ["pr", "merge"]]
    assert fakes.calls("gh")[1] == ["workflow", "run", "ci.yml", "--ref", branch]


def test_watching_ends_at_the_first_alarm(repository: Path, git: Git, bad: str, fakes: Fakes) -> None:
    later = (datetime.now(UTC) + timedelta(minutes=1)).isoformat()
    alarm = {"AlarmName": "pixguard-prod-p99", "StateUpdatedTimestamp": later}
    ringing = {"MetricAlarms": [alarm], "CompositeAlarms": []}
    fakes.put("aws", f"print({json.dumps(json.dumps(ringing))})\nreturn 0")
    assert revert._command(["watch", "--commit", bad, "--alarms", "pixguard-prod", "--seconds", "600"]) == 0
    assert "Pixguard-Evidence: alarms pixguard-prod-p99" in on_main(repository, git)
    assert fakes.calls("aws")[0][2:4] == ["--alarm-name-prefix", "pixguard-prod"]


def test_a_quiet_watch_reverts_nothing(repository: Path, git: Git, bad: str, fakes: Fakes) -> None:
    fakes.put("aws", 'print(\'{"MetricAlarms": [], "CompositeAlarms": []}\')\nreturn 0')
    assert revert._command(["watch", "--commit", bad, "--alarms", "pixguard-prod", "--seconds", "0"]) == 0
    assert on_main(repository, git) == "prod: a bad model"


def test_alarms_that_cannot_be_read_are_an_error_not_silence(bad: str, fakes: Fakes) -> None:
    fakes.put("aws", "print('AccessDenied', file=sys.stderr)\nreturn 254")
    with pytest.raises(DeliveryError, match="AccessDenied"):
        revert._command(["watch", "--commit", bad, "--alarms", "pixguard-prod", "--seconds", "0"])


def test_watching_no_alarm_is_refused(bad: str) -> None:
    with pytest.raises(DeliveryError, match="no prefix of alarms"):
        revert._command(["watch", "--commit", bad])
