from datetime import UTC, datetime, timedelta
from pathlib import Path

from pixguard.console.releases import Releases
from pixguard.console.trial import Watched

from .world import SECOND, THIRD, World, counters, world


def watched(made: World) -> tuple[Watched, Releases]:
    history = Releases(made.state / "release.git", "kustomize/overlays/laptop")
    history.look()
    return Watched(made.state, "laptop"), history


def test_without_a_canary_there_is_nothing_to_judge(tmp_path: Path) -> None:
    with world(tmp_path) as made:
        made.story()
        judge, history = watched(made)
        for newest in (history.entries[0], None):
            assert judge.look(0, newest, "http://127.0.0.1:9", made.state / "decisions") is None


def test_the_evidence_is_the_advancers_and_looking_writes_nothing(tmp_path: Path) -> None:
    with world(tmp_path) as made:
        made.story()
        commit = made.trial(THIRD, SECOND, "bruno", (5, 25))
        made.versions = {SECOND.name: counters(SECOND.name, 3000, 0, 75), THIRD.name: counters(THIRD.name, 0, 0, 25)}
        judge, history = watched(made)
        decisions = made.state / "decisions"
        assert judge.look(0, history.entries[0], made.url, decisions) == {
            "began": None, "action": None, "next": None, "checks": [],
        }  # fmt: skip
        assert not (made.state / "advance").exists()

        now = datetime.now(UTC)
        made.began(commit, now - timedelta(seconds=90))
        made.decide(400, now - timedelta(seconds=30), version=SECOND.name, decision="approve", degraded=[])
        made.decide(40, now - timedelta(seconds=30), version=THIRD.name, decision="approve", degraded=[])
        before = sorted(each.read_bytes() for each in (made.state / "advance").iterdir())
        found = judge.look(10, history.entries[0], made.url, decisions)
        assert found is not None
        assert (found["action"], found["next"]) == ("hold", 25)
        checks = {each["name"]: each for each in found["checks"]}
        assert checks["pairs"]["outcome"] == "passed"
        assert (checks["logged_decisions"]["outcome"], checks["logged_decisions"]["canary"]) == ("undecided", 40)
        assert checks["latency_p50"]["outcome"] == "passed"

        made.versions[THIRD.name] = counters(THIRD.name, 400, 200, 25)
        assert judge.look(10.5, history.entries[0], made.url, decisions) == found  # not asked again so soon
        found = judge.look(12, history.entries[0], made.url, decisions)
        assert found is not None
        assert found["action"] == "rollback"
        assert sorted(each.read_bytes() for each in (made.state / "advance").iterdir()) == before
