"""Whole rollouts: a real Git repository, a real S3 server, a small plane with traffic and replays."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pixguard import overlay
from pixguard.cli import main
from pixguard.evidence import SourceError
from pixguard.jobs import advance_canary, propose_version
from pixguard.jobs.advance_canary import Step
from pixguard.release.errors import StoreError
from pixguard.release.history import Entry
from pixguard.release.store import StoreAccess
from tests.evidence.fake_plane import Behaviour
from tests.jobs.release_world import World, commits, rules, world
from tests.release.fake_github import TOKEN, github
from tests.release.repository import by_hand, git, path_of, shown
from tests.release.seaweed import free_ports, seaweed

pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")
HERE = Path(__file__).resolve()


@pytest.fixture(scope="module")
def access(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoreAccess]:
    with seaweed(tmp_path_factory.mktemp("seaweed")) as started:
        yield started


@pytest.fixture
def here(tmp_path: Path, access: StoreAccess) -> Iterator[World]:
    with world(tmp_path, access) as made:
        propose_version.run(version=made.canary.folder, place=made.place, public_key=made.key)
        yield made


def advance(here: World, watch_s: float = 0, said: list[Step] | None = None, **changes: float) -> Step:
    return advance_canary.run(
        place=here.place, gatherer=here.gatherer(), rules=rules(**changes), watch_s=watch_s, every_s=0.02,
        said=(said if said is not None else []).append,
    )  # fmt: skip


def entries(here: World) -> list[Entry]:
    from pixguard.jobs import show_history

    return show_history.run(place=here.place)


def test_a_good_canary_climbs_to_promotion_and_every_step_is_a_commit(here: World) -> None:
    said: list[Step] = []
    assert advance(here, 120, said).action == "promote"
    assert (here.release.stable.name, here.release.canary) == (here.canary.name, None)
    taken = [(step.action, step.percent) for step in said if step.action != "hold"]
    assert taken == [("advance", 5), ("advance", 25), ("advance", 50), ("promote", 100)]
    assert commits(here.bare)[:5] == [
        f"laptop: {here.canary.name} promoted, {here.stable.name} retires",
        *(f"laptop: {here.canary.name} on trial at {percent} %" for percent in (50, 25, 5)),
        f"laptop: {here.canary.name} on trial at 0 %, beside {here.stable.name}",
    ]
    newest = entries(here)[0].note
    assert newest is not None
    assert {"errors", "server_latency_p99", "score_shift", "replay_flips", "cohorts"} <= set(newest.evidence)
    assert advance(here).action == "none"


@pytest.mark.parametrize(
    ("behaviour", "cause"),
    [
        (Behaviour(errors=0.6), "errors:"),
        (Behaviour(latency_ms=500.0), "server_latency_p50:"),
        (Behaviour(alerts=0.5), "replay_flips:"),
        (Behaviour(ready=False), "ready:"),
    ],
)
def test_a_canary_that_turns_bad_is_rolled_back_by_itself(here: World, behaviour: Behaviour, cause: str) -> None:
    before = git(here.bare, "show", f"main~1:{path_of('laptop')}") + "\n"
    while advance(here).percent < 5:
        pass
    assert here.release.canary is not None
    here.plane.behaviour = {here.canary.name: behaviour}
    step = advance(here, 60)
    assert step.action == "rollback"
    assert any(reason.startswith(cause) for reason in step.reasons), step.reasons
    assert here.overlay == before, "the overlay is what it was before the proposal, byte for byte"
    note = entries(here)[0].note
    assert note is not None
    assert len(note.reverts) == 2
    assert all(
        f"This reverts commit {commit}." in git(here.bare, "log", "-1", "--format=%B") for commit in note.reverts
    )


def test_a_bad_canary_is_found_by_replays_before_it_gets_a_single_payment(here: World) -> None:
    here.plane.behaviour = {here.canary.name: Behaviour(errors=1.0)}
    assert advance(here, 60).action == "rollback"
    assert here.plane.counters[here.canary.name]["requests"] == 0
    assert set(here.plane.replayed[here.canary.name]) - {"counted"}


def test_too_little_traffic_holds(here: World) -> None:
    step = advance(here, min_pairs=10_000)
    assert (step.action, step.percent) == ("hold", 0)
    assert any(reason.startswith("pairs:") for reason in step.reasons)
    assert len(commits(here.bare)) == 2


def test_a_plane_that_is_down_holds_while_watching_and_is_an_error_alone(here: World) -> None:
    here.plane.down = True
    with pytest.raises(SourceError, match="HTTP 503"):
        advance(here)
    assert advance(here, 0.2).action == "hold"
    assert len(commits(here.bare)) == 2


def test_a_store_that_lacks_the_version_or_is_down_holds(here: World) -> None:
    down = replace(here.place, access=StoreAccess(f"http://127.0.0.1:{free_ports(1)[0]}", "a", "b"))
    step = advance(replace(here, place=down))
    assert step.action == "hold"
    assert any("store" in reason for reason in step.reasons)
    with pytest.raises(StoreError):
        here.place.store(overlay.Placed("v1", "gs://x/v1")).holds("v1")
    store = here.place.store(here.release.stable)
    bucket = here.release.stable.uri.split("/")[2]
    store._s3.delete_object(Bucket=bucket, Key=f"pix-fraud/{here.canary.name}/model.sig")
    assert advance(here).action == "hold"
    assert len(commits(here.bare)) == 2


def test_two_advancers_at_once_take_each_step_once(here: World) -> None:
    ends: list[Step] = []
    workers = [threading.Thread(target=lambda: ends.append(advance(here, 120))) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted({step.action for step in ends} - {"none"}) == ["promote"]
    assert len(commits(here.bare)) == 6
    assert here.release.stable.name == here.canary.name


def test_a_person_who_moves_the_canary_meanwhile_is_heard(here: World, tmp_path: Path) -> None:
    moved = overlay.shift(here.overlay, here.canary.name, 10)
    did: list[str] = []

    def at(point: str) -> None:
        if point == "committed" and not did:
            did.append(by_hand(here.bare, tmp_path / "clone", path_of("laptop"), moved, "ten, please"))

    step = advance_canary.run(place=here.place, gatherer=here.gatherer(), rules=rules(), at=at)
    assert did
    assert (step.action, step.percent) in {("hold", 10), ("advance", 25)}
    assert "ten, please" in commits(here.bare)


POINTS = ("read", "gathered", "decided", "committed", "pushed", "written")
CHILD = """
import sys, time
from pathlib import Path
sys.path.insert(0, {tests!r})
from pixguard.evidence import Gatherer, Plane
from pixguard.jobs import advance_canary
from pixguard.release.place import Place, plane_access, read_plane
from tests.jobs.release_world import rules

point, state, root = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
plane = read_plane(state)
place = Place("laptop", plane["git"], author="child", access=plane_access(plane), plane=plane)
source, decisions = Plane(plane["versions_url"]), Path(plane["decisions"])
gatherer = Gatherer(source, decisions=decisions, journal=root / "journal", batch=70)

def at(found):
    if found == point:
        print(found, flush=True)
        time.sleep(600)

advance_canary.run(place=place, gatherer=gatherer, rules=rules(), at=at)
"""


@pytest.mark.parametrize("point", POINTS)
def test_an_advancer_that_is_killed_leaves_the_old_step_or_the_new(here: World, tmp_path: Path, point: str) -> None:
    script = tmp_path / "child.py"
    script.write_text(CHILD.format(tests=str(HERE.parents[2])))
    before = here.overlay
    child = subprocess.Popen(
        [sys.executable, str(script), point, str(here.state), str(here.root)], stdout=subprocess.PIPE, text=True,
        env=os.environ | {"TMPDIR": str(tmp_path)},
    )  # fmt: skip
    try:
        assert child.stdout is not None
        assert child.stdout.readline().strip() == point
    finally:
        child.kill()
        child.wait()
        if child.stdout is not None:
            child.stdout.close()
    stepped = overlay.shift(before, here.canary.name, 5)
    assert here.overlay == (stepped if point in {"pushed", "written"} else before)
    while advance(here).percent < 25:
        pass
    assert commits(here.bare)[:3] == [
        *(f"laptop: {here.canary.name} on trial at {percent} %" for percent in (25, 5)),
        f"laptop: {here.canary.name} on trial at 0 %, beside {here.stable.name}",
    ], "the next one goes on where it was, and no step is taken twice"
    git(here.bare, "fsck", "--strict")


def test_an_advancer_that_is_told_to_end_leaves_nothing_behind(here: World, tmp_path: Path) -> None:
    scratch = tmp_path / "tmp"
    scratch.mkdir()
    command = [sys.executable, "-m", "pixguard.cli", "advance", "--state", str(here.state), "--watch", "--every", "0.1"]
    child = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=os.environ | {"TMPDIR": str(scratch), "PYTHONUNBUFFERED": "1"}
    )
    assert child.stdout is not None
    with child.stdout:
        assert "hold" in child.stdout.readline()
        assert list(scratch.iterdir()), "the mirror of the branch"
        child.terminate()
        assert child.wait(30) == 143
    assert not list(scratch.iterdir())


def test_prod_waits_for_a_reviewer_and_goes_on_when_merged(
    here: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIXGUARD_GITHUB_TOKEN", TOKEN)
    with github(here.bare, tmp_path / "scratch") as fake:
        prod = replace(here.place, environment="prod", github="acme/pixguard", github_api=fake.url)
        at_prod = replace(here, place=prod)
        here.plane.serves = lambda: overlay.read(shown(here.bare, "prod"))
        propose_version.run(version=here.canary.folder, place=prod, public_key=here.key)
        assert overlay.read(shown(here.bare, "prod")).canary is None
        fake._merged(1, {"sha": git(here.bare, "rev-parse", fake.pulls[1]["head"]["ref"])})
        step = advance(at_prod)
        assert (step.action, step.url) == ("waiting", "https://github.test/acme/pixguard/pull/2")
        assert "| replay_flips |" in fake.pulls[2]["body"]
        assert advance(at_prod).action == "waiting"
        assert len(fake.pulls) == 2
        fake._merged(2, {"sha": git(here.bare, "rev-parse", fake.pulls[2]["head"]["ref"])})
        assert overlay.read(shown(here.bare, "prod")).canary.percent == 5  # type: ignore[union-attr]
        here.plane.behaviour = {here.canary.name: Behaviour(errors=1.0)}
        assert advance(at_prod, 30).action == "rollback"
        assert overlay.read(shown(here.bare, "prod")).canary is None


def test_the_command_line_tells_the_steps_and_the_history(
    here: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import yaml

    file = tmp_path / "rules.yaml"
    quick = {name: bound for name, bound in rules().to_json().items() if bound["reason"] != ""}
    file.write_text(yaml.safe_dump(quick))
    state = str(here.state)
    arguments = ["advance", "--state", state, "--rules", str(file), "--every", "0.02", "--author", "robot"]
    assert main([*arguments, "--watch", "120"]) == 0
    assert "promote" in capsys.readouterr().out
    assert main(["history", "--state", state, "--json"]) == 0
    assert '"who": "robot"' in capsys.readouterr().out
    assert main(["rollback", "--state", state, "--reason", "a complaint"]) == 0
    assert here.release.stable.name == here.stable.name
    assert main(["history", "--state", state, "--limit", "1"]) == 0
    shown_ = capsys.readouterr().out
    assert "a complaint" in shown_
    assert main(["advance", "--state", state]) == 0
    assert "no canary" in capsys.readouterr().out
    assert main(["advance", "--state", state, "--rules", str(tmp_path)]) == 1
