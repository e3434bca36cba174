"""When a version served which share, told from real histories, with and without pull requests."""

from __future__ import annotations

from pathlib import Path

from pixguard import overlay
from pixguard.release.git import Branch
from pixguard.release.history import history
from pixguard.release.message import Note, write
from pixguard.release.served import Change, changes
from tests.release.repository import OTHER, OVERLAY, STABLE, by_hand, git, make_repository, path_of


def found(bare: Path, version: str, env: str = "laptop") -> list[Change]:
    with Branch(str(bare)) as branch:
        head = branch.fetch()
        every, mainline = (history(branch, head, path_of(env), mainline=each) for each in (False, True))
        return changes(mainline, every, version)


def told(changed: list[Change]) -> list[tuple[str, int, str]]:
    return [(each.role, each.percent, each.to_json()["what"]) for each in changed]


def note(action: str, percent: int) -> str:
    return write(Note(action, "laptop", OTHER.name, STABLE.name, percent, (f"because of {action}",)))


def test_a_release_by_commits_is_told_for_both_versions(tmp_path: Path) -> None:
    bare, text = make_repository(tmp_path), OVERLAY
    steps = [
        (overlay.propose(text, OTHER), note("propose", 0)),
        (overlay.shift(overlay.propose(text, OTHER), OTHER.name, 25), note("advance", 25)),
        (overlay.promote(overlay.propose(text, OTHER), OTHER.name), note("promote", 100)),
        (text, note("rollback", 0)),
    ]
    for place, (new, message) in enumerate(steps):
        by_hand(bare, tmp_path / f"c{place}", path_of("laptop"), new, message)
    canary = found(bare, OTHER.name)
    assert told(canary) == [
        ("canary", 0, "propose"), ("canary", 25, "advance"), ("stable", 100, "promote"), ("not serving", 0, "rollback"),
    ]  # fmt: skip
    assert [each.until for each in canary] == [each.entry.time for each in canary[1:]] + [None]
    assert canary[1].to_json()["why"] == ["because of advance"]
    assert told(found(bare, STABLE.name)) == [
        ("stable", 100, "by hand"), ("stable", 75, "advance"), ("not serving", 0, "promote"),
        ("stable", 100, "rollback"),
    ]  # fmt: skip


def test_a_merged_pull_request_names_who_merged_and_who_wrote(tmp_path: Path) -> None:
    bare, work = make_repository(tmp_path), tmp_path / "work"
    git(tmp_path, "clone", "--quiet", str(bare), "work")
    git(work, "checkout", "--quiet", "-b", "proposal")
    (work / path_of("prod")).write_text(overlay.propose(OVERLAY, OTHER))
    git(work, "-c", "user.name=machine", "commit", "--quiet", "-am", note("propose", 0))
    git(work, "checkout", "--quiet", "main")
    git(work, "-c", "user.name=Rui", "merge", "--quiet", "--no-ff", "-m", "Merge pull request #7", "proposal")
    git(work, "push", "--quiet", "origin", "main")
    (change,) = found(bare, OTHER.name, "prod")
    assert change.to_json() | {"since": "", "commit": "", "written_commit": ""} == {
        "since": "", "until": None, "role": "canary", "percent": 0, "approved_by": "Rui", "commit": "",
        "what": "propose", "written_by": "machine", "written_commit": "", "why": ["because of propose"], "evidence": {},
    }  # fmt: skip
    assert change.entry.commit != change.written.commit  # type: ignore[union-attr]


def test_an_overlay_that_somebody_broke_changes_nothing_until_it_is_read_again(tmp_path: Path) -> None:
    bare = make_repository(tmp_path)
    by_hand(bare, tmp_path / "c1", path_of("laptop"), "rubbish\n", "oops")
    by_hand(bare, tmp_path / "c2", path_of("laptop"), OVERLAY, "mended")
    assert told(found(bare, STABLE.name)) == [("stable", 100, "by hand")]
    assert found(bare, "v999999999999") == []
