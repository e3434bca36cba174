"""Old segments go, their heads stay, and the chain still says what was there."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pixguard.decision_log import ChainError, SegmentSink, anchors, remove, verify_chain
from pixguard.decision_log.heads import read_heads
from tests.decision_log.records import line

LATER = datetime.now(UTC) + timedelta(days=1)


@pytest.fixture
def replica(tmp_path: Path) -> Path:
    sink = SegmentSink(tmp_path / "r1")
    for first in (0, 10, 20):
        sink.write([line(n) for n in range(first, first + 10)])
        sink.close(1)
    return tmp_path / "r1"


def names(replica: Path) -> list[str]:
    return sorted(path.name for path in replica.glob("*.jsonl"))


def test_what_is_old_goes_and_the_chain_still_verifies(replica: Path) -> None:
    kept = anchors(replica.parent)
    assert remove(replica, LATER, "older than 90 days").lines == 30
    assert [path.name for path in replica.iterdir()] == ["heads.chain"]
    found = verify_chain(replica.parent, kept)
    assert (found.is_whole, found.verified, found.removed) == (True, 0, 30)
    last = read_heads(replica)[-1].entry
    assert (last["segments"], last["lines"], last["rule"]) == (3, 30, "older than 90 days")


def test_done_twice_it_is_done_once(replica: Path) -> None:
    remove(replica, LATER, "rule")
    count = len(read_heads(replica))
    assert remove(replica, LATER, "rule").segments == 0
    assert len(read_heads(replica)) == count


def test_nothing_young_goes_and_a_log_goes_on_after_a_removal(replica: Path) -> None:
    assert remove(replica, datetime.now(UTC) - timedelta(days=1), "rule").segments == 0
    assert len(names(replica)) == 3
    remove(replica, LATER, "rule")
    sink = SegmentSink(replica)
    sink.write([line(50)])
    sink.close(1)
    found = verify_chain(replica.parent)
    assert (found.is_whole, found.verified, found.removed) == (True, 1, 30)
    next(iter(replica.glob("*.jsonl"))).unlink()
    assert verify_chain(replica.parent).broken[0].what == "missing segment"


def test_a_running_replica_goes_on_while_old_segments_are_removed(tmp_path: Path) -> None:
    sink = SegmentSink(tmp_path / "r1")
    sink.write([line(1)])
    sink.close(1)
    sink.write([line(2)])
    remove(tmp_path / "r1", LATER, "rule")
    sink.write([line(3)])
    sink.close(1)
    found = verify_chain(tmp_path)
    assert (found.is_whole, found.verified, found.removed) == (True, 2, 1)


def test_a_crash_between_the_removals_line_and_the_files_is_made_good(
    replica: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("pixguard.decision_log.retention._sweep", lambda *_: None)
        remove(replica, LATER, "rule")
    assert len(names(replica)) == 3
    assert verify_chain(replica.parent).verified == 30
    assert remove(replica, datetime.now(UTC) - timedelta(days=1), "rule").segments == 0
    assert names(replica) == []
    assert verify_chain(replica.parent).removed == 30


def test_a_broken_log_is_evidence_and_stays(replica: Path) -> None:
    path = sorted(replica.glob("*.jsonl"))[1]
    path.write_bytes(path.read_bytes().replace(b"hold", b"fold", 1))
    with pytest.raises(ChainError, match="evidence: nothing was removed"):
        remove(replica, LATER, "rule")
    assert len(names(replica)) == 3


def test_what_a_replica_left_open_and_never_came_back_for_is_closed_and_goes(tmp_path: Path) -> None:
    sink = SegmentSink(tmp_path / "r1")
    sink.write([line(1), line(2)])
    sink._links.close()  # type: ignore[union-attr]
    sink._file.close()  # type: ignore[union-attr]
    assert remove(tmp_path / "r1", LATER, "rule").segments == 0
    (growing,) = (tmp_path / "r1").glob("*.open")
    os.utime(growing, (0, time.time() - 7200))
    assert remove(tmp_path / "r1", LATER, "rule").lines == 2
    assert verify_chain(tmp_path).removed == 2
