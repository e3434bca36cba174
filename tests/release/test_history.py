"""The story that Git tells, and which of its commits a rollback takes back."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pixguard import overlay
from pixguard.overlay import Canary, Release
from pixguard.release.desk import Desk
from pixguard.release.errors import ReleaseError
from pixguard.release.git import Branch
from pixguard.release.history import Entry, history, promotion
from pixguard.release.message import Note

from .repository import OTHER, STABLE, by_hand, make_repository, path_of

Edit = Callable[[str], str]
STEPS: tuple[tuple[str, int, Edit], ...] = (
    ("propose", 0, lambda text: overlay.propose(text, OTHER)),
    ("advance", 5, lambda text: overlay.shift(text, OTHER.name, 5)),
    ("promote", 100, lambda text: overlay.promote(text, OTHER.name)),
)


def entries(bare: Path, limit: int = 0) -> list[Entry]:
    with Branch(str(bare)) as branch:
        return history(branch, branch.fetch(), path_of("laptop"), limit)


def release(bare: Path, count: int = 3) -> None:
    with Branch(str(bare)) as branch:
        desk = Desk(branch, "laptop", "Ana")
        for action, percent, edit in STEPS[:count]:
            desk.write(desk.standing(), edit, Note(action, "laptop", OTHER.name, STABLE.name, percent, ("because",)))


def test_each_entry_tells_what_the_file_then_said(tmp_path: Path) -> None:
    bare = make_repository(tmp_path)
    release(bare)
    found = entries(bare)
    assert [(entry.what, entry.author) for entry in found] == [
        ("promote", "Ana"), ("advance", "Ana"), ("propose", "Ana"), ("by hand", "Ana"),
    ]  # fmt: skip
    assert [entry.state for entry in found] == [
        Release(OTHER), Release(STABLE, Canary(OTHER, 5)), Release(STABLE, Canary(OTHER, 0)), Release(STABLE),
    ]  # fmt: skip
    assert len(entries(bare, 1)) == 1


def test_a_promotion_reaches_back_to_its_proposal(tmp_path: Path) -> None:
    bare = make_repository(tmp_path)
    release(bare)
    assert [entry.what for entry in promotion(entries(bare))] == ["promote", "advance", "propose"]


def test_what_is_no_promotion_of_ours_is_left_to_persons(tmp_path: Path) -> None:
    bare = make_repository(tmp_path)
    with pytest.raises(ReleaseError, match="no promotion"):
        promotion(entries(bare))
    with pytest.raises(ReleaseError, match="no promotion \\(nothing\\)"):
        promotion([])
    release(bare, 2)
    with pytest.raises(ReleaseError, match="no promotion"):
        promotion(entries(bare))
    text = overlay.shift(_text(bare), OTHER.name, 30)
    by_hand(bare, tmp_path / "clone", path_of("laptop"), text, "thirty")
    with Branch(str(bare)) as branch:
        desk = Desk(branch, "laptop", "Ana")
        desk.write(desk.standing(), STEPS[2][2], Note("promote", "laptop", OTHER.name, STABLE.name, 100))
    with pytest.raises(ReleaseError, match="\\(thirty\\) lies within"):
        promotion(entries(bare))
    with pytest.raises(ReleaseError, match="not in the history"):
        promotion(entries(bare, 1))


def _text(bare: Path) -> str:
    with Branch(str(bare)) as branch:
        return Desk(branch, "laptop", "Ana").standing().text
