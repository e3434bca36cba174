"""Looks at a trial: counting begins when the split is applied, survives the process, and restarts with the stage."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pixguard.evidence import Gatherer, Plane, SourceError, Trial
from pixguard.evidence.stage import Stage
from pixguard.overlay import Canary, Placed, Release

from .fake_plane import Behaviour, FakePlane, earlier, running

V1, V2 = Placed("v1", "s3://b/v1"), Placed("v2", "s3://b/v2")


@pytest.fixture
def plane(tmp_path: Path) -> Iterator[FakePlane]:
    with running(FakePlane(tmp_path / "decisions", lambda: Release(V1, Canary(V2, 25)), requests_a_look=100)) as fake:
        yield fake


def trial(percent: int = 25, commit: str = "c1") -> Trial:
    return Trial("laptop", commit, datetime.now(UTC) - timedelta(seconds=50), "v1", "v2", percent)


def gatherer(plane: FakePlane, tmp_path: Path, batch: int = 10) -> Gatherer:
    return Gatherer(Plane(plane.versions_url), decisions=plane.decisions, journal=tmp_path / "journal", batch=batch)


def test_counting_begins_once_the_split_is_applied(plane: FakePlane, tmp_path: Path) -> None:
    looks = gatherer(plane, tmp_path)
    plane.behaviour = {"v2": Behaviour(ready=False)}
    waiting = looks.look(trial())
    assert (waiting.ready, waiting.applied, waiting.stage_s) == (False, False, 0)
    assert waiting.asked_s >= 50
    assert waiting.canary.errors.trials == waiting.stable.errors.trials == waiting.pairs.failures.trials == 0
    plane.behaviour = {}
    looks.look(trial())
    seen = looks.look(trial())
    assert (seen.ready, seen.applied, seen.unready_s) == (True, True, 0)
    total = seen.canary.errors.trials + seen.stable.errors.trials
    assert 100 <= total <= 300
    assert abs(seen.canary.alerts.trials + seen.stable.alerts.trials - total) <= 200
    assert 0 < seen.canary.errors.trials < seen.stable.errors.trials
    assert seen.pairs.failures.trials == 20
    assert seen.canary.server_latency_ms.total == seen.canary.alerts.trials


def test_what_is_remembered_survives_the_process_and_ends_with_the_stage(plane: FakePlane, tmp_path: Path) -> None:
    same = trial()
    first = gatherer(plane, tmp_path)
    for _ in range(3):
        before = first.look(same)
    after = gatherer(plane, tmp_path).look(same)
    assert after.stage_s >= before.stage_s > 0
    assert after.canary.alerts.trials >= before.canary.alerts.trials
    assert after.pairs.failures.trials == before.pairs.failures.trials + 10
    other = gatherer(plane, tmp_path).look(replace(same, commit="c2"))
    assert (other.pairs.failures.trials, other.stage_s) == (10, 0)
    assert other.canary.errors.trials < before.canary.errors.trials


def test_at_zero_percent_payments_of_before_are_replayed_once_each(plane: FakePlane, tmp_path: Path) -> None:
    plane.serves = lambda: Release(V1, Canary(V2, 0))
    plane.requests_a_look = 0
    earlier(plane, "v1", 25)
    looks = gatherer(plane, tmp_path)
    found = [looks.look(trial(0)).pairs.failures.trials for _ in range(4)]
    assert found == [10, 20, 25, 25]
    assert sorted(plane.replayed["v2"]) == sorted(set(plane.replayed["v2"]))
    assert "counted" not in plane.replayed["v1"]


def test_how_long_the_canary_is_away_is_measured_from_look_to_look(plane: FakePlane, tmp_path: Path) -> None:
    same = trial()
    times = iter([datetime(2026, 1, 1, 0, 0, s, tzinfo=UTC) for s in (0, 1, 4, 5, 6)])
    looks = Gatherer(Plane(plane.versions_url), journal=tmp_path, clock=lambda: next(times))
    away = []
    for ready in (True, False, False, True, False):
        plane.behaviour = {"v2": Behaviour(ready=ready)}
        away.append(looks.look(same).unready_s)
    assert away == [0, 0, 3, 0, 0]


def test_unknown_addresses_and_damaged_logs_are_noted(plane: FakePlane, tmp_path: Path) -> None:
    looks = gatherer(plane, tmp_path)
    looks.look(trial())
    with (plane.decisions / "replica-1" / "20260101T000000Z.jsonl.open").open("a") as file:
        file.write("garbage\n")
    assert looks.look(trial()).notes == ("1 lines of the decision log could not be read",)
    answer = plane.answer
    plane.answer = lambda: {name: {**each, "urls": []} for name, each in answer().items()}  # type: ignore[method-assign]
    assert "no direct address" in " ".join(looks.look(trial()).notes)


def test_a_source_that_is_down_moves_nothing(plane: FakePlane, tmp_path: Path) -> None:
    plane.down = True
    with pytest.raises(SourceError, match="HTTP 503"):
        gatherer(plane, tmp_path).look(trial())


def test_of_two_advancers_the_first_says_when_a_stage_began(tmp_path: Path) -> None:
    one, other = Stage(trial(), tmp_path), Stage(trial(), tmp_path)
    one.begin(datetime(2026, 1, 1, tzinfo=UTC), {"a": 1})
    other.begin(datetime(2026, 1, 2, tzinfo=UTC), {"a": 2})
    assert (other.began, other.mark) == (one.began, one.mark)
    (tmp_path / "laptop-c1.json").write_text("{")
    with pytest.raises(SourceError, match="delete it"):
        Stage(trial(), tmp_path)
