"""Changes to one overlay: direct commits, and pull requests where people review."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pixguard import overlay
from pixguard.overlay import Canary, OverlayError, Release
from pixguard.release.desk import Desk
from pixguard.release.errors import ForgeError, MovedError, ReleaseError
from pixguard.release.forge import Forge
from pixguard.release.git import Branch
from pixguard.release.message import Note

from .fake_github import TOKEN, Fake, github
from .repository import OTHER, OVERLAY, STABLE, by_hand, git, make_repository, path_of, shown


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    return make_repository(tmp_path)


@pytest.fixture
def branch(bare: Path) -> Iterator[Branch]:
    with Branch(str(bare)) as made:
        yield made


@pytest.fixture
def fake(bare: Path, tmp_path: Path) -> Iterator[Fake]:
    with github(bare, tmp_path / "scratch") as running:
        yield running


def note(action: str = "propose", percent: int = 0, env: str = "laptop") -> Note:
    return Note(action, env, OTHER.name, STABLE.name, percent, ("errors: none",), {"errors": [0.0, None]})


def propose(text: str) -> str:
    return overlay.propose(text, OTHER)


def test_a_change_is_one_commit_on_what_was_seen(bare: Path, branch: Branch) -> None:
    desk = Desk(branch, "laptop", "Ana")
    seen = desk.standing()
    assert (seen.release, seen.text) == (Release(STABLE), OVERLAY)
    written = desk.write(seen, propose, note())
    assert written is not None
    assert desk.standing().release == Release(STABLE, Canary(OTHER, 0))
    assert desk.standing().changed == written.commit == git(bare, "rev-parse", "main")
    assert desk.write(desk.standing(), propose, note()) is None, "done twice it changes nothing"
    assert shown(bare, "prod") == OVERLAY


def test_commits_of_others_beside_the_overlay_are_built_upon(bare: Path, branch: Branch, tmp_path: Path) -> None:
    desk = Desk(branch, "laptop", "Ana")
    seen = desk.standing()
    theirs = by_hand(bare, tmp_path / "clone", "README.md", "more\n", "docs")
    written = desk.write(seen, propose, note())
    assert written is not None
    assert git(bare, "rev-parse", "main^") == theirs
    assert git(bare, "show", "main:README.md") == "more"


def test_a_change_of_the_overlay_in_between_ends_ours(bare: Path, branch: Branch, tmp_path: Path) -> None:
    desk = Desk(branch, "laptop", "Ana")
    seen = desk.standing()
    text = overlay.propose(OVERLAY, STABLE.beside("v000000000003"))
    theirs = by_hand(bare, tmp_path / "clone", path_of("laptop"), text, "mine first")
    with pytest.raises(MovedError, match=f"changed meanwhile by Ana \\({theirs[:12]} mine first\\)"):
        desk.write(seen, propose, note())
    assert shown(bare) == text


def test_an_overlay_that_is_none_of_ours_is_refused(bare: Path, branch: Branch, tmp_path: Path) -> None:
    by_hand(bare, tmp_path / "clone", path_of("laptop"), "spec: {}\n", "oops")
    with pytest.raises(OverlayError, match="no list of JSON6902"):
        Desk(branch, "laptop", "Ana").standing()


def test_prod_is_changed_by_a_pull_request_with_the_evidence(bare: Path, branch: Branch, fake: Fake) -> None:
    desk = Desk(branch, "prod", "Ana", Forge("acme/pixguard", TOKEN, fake.url, pause_s=0))
    seen = desk.standing()
    written = desk.write(seen, propose, note(env="prod"))
    assert written is not None
    assert (written.merged, written.url) == (False, "https://github.test/acme/pixguard/pull/1")
    assert shown(bare, "prod") == OVERLAY, "nothing is on main before a person merges"
    pull = fake.pulls[1]
    assert overlay.read(shown(bare, "prod", pull["head"]["ref"])).canary == Canary(OTHER, 0)
    assert "| errors | 0 |  |" in pull["body"]
    again = desk.write(seen, propose, note(env="prod"))
    assert again is not None
    assert (again.commit, len(fake.pulls)) == (written.commit, 1)


def test_a_rollback_in_prod_closes_what_waits_and_is_merged(bare: Path, branch: Branch, fake: Fake) -> None:
    desk = Desk(branch, "prod", "Ana", Forge("acme/pixguard", TOKEN, fake.url, pause_s=0))
    desk.write(desk.standing(), propose, note(env="prod"), urgent=True)
    assert overlay.read(shown(bare, "prod")).canary == Canary(OTHER, 0)
    assert desk.standing().changed == git(bare, "rev-parse", "main"), (
        "a trial begins when it is merged, not when asked for"
    )
    desk.write(desk.standing(), lambda text: overlay.shift(text, OTHER.name, 5), note("advance", 5, "prod"))
    written = desk.write(
        desk.standing(), lambda text: overlay.drop(text, OTHER.name), note("rollback", 0, "prod"), urgent=True
    )
    assert written is not None
    assert written.merged
    assert shown(bare, "prod") == OVERLAY
    assert [pull["state"] for pull in fake.pulls.values()] == ["closed"] * 3
    assert "Superseded by #3" in fake.comments[2][0]


def test_a_protected_branch_leaves_the_rollback_to_a_person_and_says_so(branch: Branch, fake: Fake) -> None:
    desk = Desk(branch, "prod", "Ana", Forge("acme/pixguard", TOKEN, fake.url, pause_s=0))
    fake.protected = True
    with pytest.raises(ForgeError, match=r"waits for a person: https://github.test/acme/pixguard/pull/1 \(.*review"):
        desk.write(desk.standing(), propose, note(env="prod"), urgent=True)


def test_prod_without_a_forge_is_refused(branch: Branch) -> None:
    with pytest.raises(ReleaseError, match="prod takes pull requests"):
        Desk(branch, "prod", "Ana")
