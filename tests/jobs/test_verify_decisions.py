"""`pixguard verify` with a folder of anchors: what was kept before must hold, and a broken log adds nothing to it."""

import shutil
from pathlib import Path

import pytest

from pixguard.decision_log import SegmentSink
from pixguard.errors import UsageError
from pixguard.jobs import verify_decisions
from tests.decision_log.records import line


def grow(log: Path, *numbers: int) -> None:
    sink = SegmentSink(log / "r1")
    sink.write([line(number) for number in numbers])
    sink.close(1)


def verify(log: Path, kept: Path) -> int:
    return verify_decisions.main([f"--decisions={log}", f"--anchors-in={kept}"])


def test_each_look_holds_against_the_last_and_adds_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log, kept = tmp_path / "log", tmp_path / "kept"
    for count in (1, 2):
        grow(log, count)
        assert verify(log, kept) == 0
        assert len(list(kept.glob("anchors-*.json"))) == count
    assert "2 decisions verified in 2 segments" in capsys.readouterr().out


def test_a_whole_new_chain_is_told_by_its_anchor_and_never_becomes_one(tmp_path: Path) -> None:
    log, kept = tmp_path / "log", tmp_path / "kept"
    grow(log, 1, 2)
    assert verify(log, kept) == 0
    shutil.rmtree(log)
    grow(log, 1)
    for _ in range(2):
        assert verify(log, kept) == 1
    assert len(list(kept.glob("anchors-*.json"))) == 1


def test_one_way_of_keeping_anchors_at_a_time(tmp_path: Path) -> None:
    grow(tmp_path / "log", 1)
    with pytest.raises(UsageError, match="give it alone"):
        verify_decisions.main(
            [f"--decisions={tmp_path / 'log'}", f"--anchors-in={tmp_path}", f"--anchors={tmp_path}/a"]
        )
