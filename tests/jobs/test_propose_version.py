"""Proposals against a real Git repository and a real S3 server."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pixguard.cli import main
from pixguard.jobs import propose_version
from pixguard.overlay import Canary, OverlayError
from pixguard.provenance import SignatureError
from pixguard.release.errors import MissingError, NotReleasableError, ReleaseError, StoreError
from pixguard.release.store import Store, StoreAccess
from tests.jobs.release_world import World, commits, world
from tests.release.repository import by_hand, git, path_of
from tests.release.seaweed import free_ports, seaweed
from tests.release.versions import keep

pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")


@pytest.fixture(scope="module")
def access(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoreAccess]:
    with seaweed(tmp_path_factory.mktemp("seaweed")) as started:
        yield started


@pytest.fixture
def here(tmp_path: Path, access: StoreAccess) -> Iterator[World]:
    with world(tmp_path, access) as made:
        yield made


def test_a_version_is_uploaded_and_on_trial_at_zero(here: World) -> None:
    written = propose_version.run(version=here.canary.folder, place=here.place, public_key=here.key)
    assert written is not None
    placed = here.release.stable.beside(here.canary.name)
    assert here.release.canary == Canary(placed, 0)
    Store(placed, here.place.access).verify(here.canary.name, here.key)
    message = git(here.bare, "log", "-1", "--format=%an|%B", "main")
    assert message.startswith(f"Ana|laptop: {here.canary.name} on trial at 0 %, beside {here.stable.name}")
    assert "- average_precision 0.6100 (0.5500 to 0.6700)" in message
    assert "Pixguard-Action: propose" in message
    assert propose_version.run(version=here.canary.folder, place=here.place, public_key=here.key) is None
    assert len(commits(here.bare)) == 2


def test_what_did_not_pass_or_is_not_what_was_signed_is_refused(here: World, tmp_path: Path) -> None:
    failed, key = keep(tmp_path / "failed", b"bad", passed=False)
    with pytest.raises(NotReleasableError, match="verdict is 'failed'"):
        propose_version.run(version=failed.folder, place=here.place, public_key=key)
    with pytest.raises(SignatureError):
        propose_version.run(version=here.canary.folder, place=here.place, public_key=key)
    (here.canary.folder / "policy.json").write_text("{}")
    with pytest.raises(SignatureError):
        propose_version.run(version=here.canary.folder, place=here.place, public_key=here.key)
    assert len(commits(here.bare)) == 1
    assert not Store(here.release.stable, here.place.access).holds(here.canary.name)


def test_one_canary_at_a_time_and_nothing_is_uploaded_for_a_second(here: World, tmp_path: Path) -> None:
    propose_version.run(version=here.canary.folder, place=here.place, public_key=here.key)
    third, key = keep(tmp_path / "third", b"third")
    with pytest.raises(OverlayError, match="one canary at a time"):
        propose_version.run(version=third.folder, place=here.place, public_key=key)
    assert not Store(here.release.stable, here.place.access).holds(third.name)


def test_a_store_that_is_down_leaves_git_as_it_was(here: World) -> None:
    down = replace(here.place, access=StoreAccess(f"http://127.0.0.1:{free_ports(1)[0]}", "a", "b"))
    with pytest.raises(StoreError, match="does not answer"):
        propose_version.run(version=here.canary.folder, place=down, public_key=here.key)
    assert len(commits(here.bare)) == 1


def test_the_first_version_of_a_place_is_installed(here: World, tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="propose without --first"):
        propose_version.run(version=here.canary.folder, place=here.place, public_key=here.key, first=True)
    empty = here.overlay.replace(here.stable.name, "v000000000000")
    by_hand(here.bare, tmp_path / "clone", path_of("laptop"), empty, "a new place")
    with pytest.raises(MissingError, match="propose with --first"):
        propose_version.run(version=here.canary.folder, place=here.place, public_key=here.key)
    assert propose_version.run(version=here.canary.folder, place=here.place, public_key=here.key, first=True)
    assert (here.release.stable.name, here.release.canary) == (here.canary.name, None)
    assert propose_version.run(version=here.canary.folder, place=here.place, public_key=here.key, first=True) is None


def test_the_command_line_finds_everything_in_the_planes_file(here: World, capsys: pytest.CaptureFixture[str]) -> None:
    state = str(here.state)
    assert main(["propose", str(here.canary.folder), "--state", state]) == 0
    assert "on trial at 0 %" in capsys.readouterr().out
    assert main(["propose", str(here.canary.folder), "--state", state]) == 0
    assert "nothing changed" in capsys.readouterr().out
    assert main(["propose", str(here.root), "--state", state]) == 1
    assert "model.sig is missing" in capsys.readouterr().err
    assert main(["propose", str(here.canary.folder), "--state", str(here.root)]) == 1
    assert "pixguard up" in capsys.readouterr().err
    assert main(["propose", str(here.canary.folder), "--env", "prod", "--state", state]) == 1
    assert "prod takes pull requests" in capsys.readouterr().err
