from pathlib import Path

from pixguard.console import releases
from pixguard.console.releases import Releases
from tests.release.repository import git

from .world import SECOND, THIRD, World, world


def test_history_is_read_from_git_and_again_only_when_the_branch_moved(tmp_path: Path) -> None:
    with world(tmp_path) as made:
        _read_again(made)


def _read_again(made: World) -> None:
    made.story()
    bare = made.state / "release.git"
    shown = Releases(bare, "kustomize/overlays/laptop")
    assert shown.look() is True
    assert shown.look() is False
    assert [each.what for each in shown.entries] == [
        *("rollback", "advance", "propose", "promote", "advance", "advance", "advance", "propose", "install"),
        "by hand",
    ]
    newest = releases.to_json(shown.entries[0])
    assert newest["version"] == THIRD.name
    assert newest["serves"] == {"stable": SECOND.name, "canary": None, "percent": 0}
    assert newest["evidence"]["errors"] == [0.123, 0.00035]
    git(bare, "pack-refs", "--all")
    assert shown.look() is True
    assert len(shown.entries) == 10
    made.trial(THIRD, SECOND, "bruno")
    assert shown.look() is True
    assert shown.entries[0].what == "propose"
