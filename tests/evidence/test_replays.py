"""Pairs of replayed payments, and the journal that remembers them."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixguard.evidence.replays import Answer, Journal, Pair, Replayer
from pixguard.overlay import Placed, Release
from pixguard.rollout import Tally

from .fake_plane import Behaviour, FakePlane, running

PAYMENT = {"end_to_end_id": "E1", "amount_centavos": 100}


def plane(tmp_path: Path) -> FakePlane:
    return FakePlane(tmp_path / "decisions", lambda: Release(Placed("v1", "s3://b/v1")))


def test_both_versions_are_asked_and_told_that_it_is_a_replay(tmp_path: Path) -> None:
    with running(plane(tmp_path)) as fake:
        fake.behaviour = {"v2": Behaviour(alerts=1.0, sleep_s=0.02)}
        with Replayer([f"{fake.url}/v1"], [f"{fake.url}/v2"]) as replayer:
            pair = replayer.pair(PAYMENT)
    assert (pair.end_to_end_id, pair.stable.decision, pair.canary.decision) == ("E1", "approve", "hold")
    assert pair.canary.ms >= 20
    assert pair.stable.ms > 0
    assert fake.replayed == {"v1": ["E1"], "v2": ["E1"]}


def test_a_version_that_fails_or_is_away_is_a_failure_of_its_own(tmp_path: Path) -> None:
    with running(plane(tmp_path)) as fake:
        fake.behaviour = {"v2": Behaviour(errors=1.0)}
        with Replayer([f"{fake.url}/v1"], [f"{fake.url}/v2"]) as replayer:
            broken = replayer.pair(PAYMENT)
        with Replayer([f"{fake.url}/v1"], ["http://127.0.0.1:9"]) as replayer:
            away = replayer.pair(PAYMENT)
    assert [each.canary.decision for each in (broken, away)] == ["", ""]
    assert [each.stable.decision for each in (broken, away)] == ["approve", "approve"]


def pair(number: int, stable: str = "approve", canary: str = "approve") -> Pair:
    return Pair(f"E{number}", Answer(1.0, stable, 0.1), Answer(2.0, canary, 0.1))


def test_flips_and_failures_are_counted_of_what_was_answered() -> None:
    journal = Journal(None)
    journal.add([pair(1), pair(2, canary="hold"), pair(3, canary=""), pair(4, stable=""), pair(2)])
    found = journal.summary()
    assert (found.flips, found.failures, found.stable_failures) == (Tally(1, 2), Tally(1, 4), Tally(1, 4))
    assert (found.latency_ms.total, found.stable_latency_ms.total, sum(found.scores)) == (3, 3, 3)


@given(st.integers(0, 400))
def test_a_journal_that_was_cut_anywhere_is_read_and_goes_on(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    path = tmp_path_factory.mktemp("journal") / "pairs.jsonl"
    Journal(path).add([pair(1), pair(2)])
    path.write_bytes(path.read_bytes()[:cut])
    again = Journal(path)
    known = set(again.pairs)
    assert known <= {"E1", "E2"}
    again.add([pair(3)])
    assert set(Journal(path).pairs) == known | {"E3"}


def test_two_advancers_may_write_the_same_journal(tmp_path: Path) -> None:
    one, other = Journal(tmp_path / "j"), Journal(tmp_path / "j")
    one.add([pair(1), pair(2)])
    other.add([pair(2), pair(3)])
    assert set(Journal(tmp_path / "j").pairs) == {"E1", "E2", "E3"}
