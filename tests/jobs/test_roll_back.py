"""Taking back: a canary by its entry, a promotion byte for byte, and nothing that is not ours."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pixguard import overlay
from pixguard.jobs import propose_version, roll_back, show_history
from pixguard.jobs.show_history import to_json
from pixguard.release.errors import MissingError, ReleaseError
from pixguard.release.message import Note
from pixguard.release.store import StoreAccess
from tests.jobs.release_world import World, commits, world
from tests.release.repository import by_hand, git, path_of
from tests.release.seaweed import seaweed

pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")


@pytest.fixture(scope="module")
def access(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoreAccess]:
    with seaweed(tmp_path_factory.mktemp("seaweed")) as started:
        yield started


@pytest.fixture
def here(tmp_path: Path, access: StoreAccess) -> Iterator[World]:
    with world(tmp_path, access) as made:
        yield made


def promote(here: World) -> None:
    name = here.canary.name
    propose_version.run(version=here.canary.folder, place=here.place, public_key=here.key)
    with here.place.desk() as desk:
        for action, percent in (("advance", 5), ("advance", 50), ("promote", 100)):
            note = Note(action, "laptop", name, here.stable.name, percent)
            verb = (
                overlay.promote
                if action == "promote"
                else lambda text, one, share=percent: overlay.shift(text, one, share)
            )
            desk.write(desk.standing(), lambda text, verb=verb: verb(text, name), note)


def test_a_canary_is_dropped(here: World) -> None:
    before = here.overlay
    propose_version.run(version=here.canary.folder, place=here.place, public_key=here.key)
    written = roll_back.run(place=here.place, reason="too early")
    assert written is not None
    assert here.overlay == before
    newest, proposal, _seed = show_history.run(place=here.place)
    assert newest.note is not None
    assert (newest.note.action, newest.note.reasons, newest.note.reverts) == (
        "rollback",
        ("too early",),
        (proposal.commit,),
    )
    with pytest.raises(ReleaseError, match="no promotion"):
        roll_back.run(place=here.place, reason="again")
    propose_version.run(version=here.canary.folder, place=here.place, public_key=here.key)
    roll_back.run(place=here.place, reason="still too early")
    newest, proposal, *_ = show_history.run(place=here.place)
    assert newest.note is not None
    assert newest.note.reverts == (proposal.commit,), "a trial reaches back to its own proposal, not to an earlier one"


def test_a_promotion_is_taken_back_byte_for_byte_in_one_commit(here: World) -> None:
    before = here.overlay
    promote(here)
    assert here.release.stable.name == here.canary.name
    count = len(commits(here.bare))
    assert roll_back.run(place=here.place, reason="complaints")
    assert here.overlay == before
    assert len(commits(here.bare)) == count + 1
    message = git(here.bare, "log", "-1", "--format=%B", "main")
    assert message.count("This reverts commit") == 4
    assert f"laptop: {here.canary.name} rolled back, {here.stable.name} serves" in message


def test_without_the_former_version_in_the_store_a_promotion_stays(here: World) -> None:
    promote(here)
    store = here.place.store(here.release.stable)
    bucket = here.release.stable.uri.split("/")[2]
    store._s3.delete_object(Bucket=bucket, Key=f"pix-fraud/{here.stable.name}/model.sig")
    count = len(commits(here.bare))
    with pytest.raises(MissingError, match="could not serve"):
        roll_back.run(place=here.place, reason="complaints")
    assert len(commits(here.bare)) == count


def test_what_a_person_wrote_by_hand_is_left_to_persons(here: World, tmp_path: Path) -> None:
    promote(here)
    text = here.overlay.replace("never by hand.", "by hand.")
    by_hand(here.bare, tmp_path / "clone", path_of("laptop"), text, "a comment")
    with pytest.raises(ReleaseError, match="no promotion \\(a comment\\): revert it by hand"):
        roll_back.run(place=here.place, reason="complaints")


def test_the_history_tells_who_what_when_and_why(here: World, tmp_path: Path) -> None:
    promote(here)
    by_hand(here.bare, tmp_path / "clone", path_of("laptop"), "broken: true\n", "oops")
    told = [to_json(entry) for entry in show_history.run(place=here.place)]
    assert [each["what"] for each in told] == ["by hand", "promote", "advance", "advance", "propose", "by hand"]
    assert [each["serves"] for each in told[:4]] == [
        "unreadable",
        here.canary.name,
        f"{here.stable.name} 50 %, {here.canary.name} 50 %",
        f"{here.stable.name} 95 %, {here.canary.name} 5 %",
    ]
    assert told[4]["why"][0] == "the gate passed it on 20,000 later payments, 116 frauds"
    assert {each["who"] for each in told} == {"Ana"}
    assert told[0]["why"] == ["oops"]
    assert len(show_history.run(place=here.place, limit=2)) == 2
