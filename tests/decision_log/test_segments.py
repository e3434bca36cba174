import errno
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixguard.decision_log import (
    DecisionLogError,
    SegmentSink,
    read_segments,
    recover,
    segment_files,
)
from tests.decision_log.records import line


def numbers(folder: Path) -> list[int]:
    return [int(record.end_to_end_id[1:]) for record in read_segments(folder)]


def test_a_segment_has_the_name_of_its_first_decision_and_is_whole_when_closed(tmp_path: Path) -> None:
    sink = SegmentSink(tmp_path / "r1")
    sink.write([line(1), line(2)])
    (growing,) = (tmp_path / "r1").glob("*.jsonl*")
    assert growing.name == "20260302T120001.000001Z.jsonl.open"
    assert numbers(tmp_path) == [1, 2]
    assert segment_files(tmp_path, opened=False) == []
    sink.close(1)
    assert [path.name for path in segment_files(tmp_path)] == ["20260302T120001.000001Z.jsonl"]
    assert numbers(tmp_path) == [1, 2]


def test_a_full_segment_is_closed_and_the_next_begins(tmp_path: Path) -> None:
    sink = SegmentSink(tmp_path / "r1", segment_bytes=2 * len(line(1)))
    for n in range(1, 6):
        sink.write([line(n)])
    names = sorted(path.name for path in (tmp_path / "r1").glob("*.jsonl*"))
    assert [name.endswith(".open") for name in names] == [False, False, True]
    sink.close(1)
    assert numbers(tmp_path) == [1, 2, 3, 4, 5]


def test_an_old_segment_is_closed_with_time(tmp_path: Path) -> None:
    sink = SegmentSink(tmp_path / "r1", segment_s=0.01)
    sink.write([line(1)])
    time.sleep(0.02)
    sink.tick()
    assert len(segment_files(tmp_path, opened=False)) == 1


def test_two_segments_of_one_microsecond_do_not_collide(tmp_path: Path) -> None:
    sink = SegmentSink(tmp_path / "r1", segment_bytes=1)
    sink.write([line(1)])
    sink.write([line(1)])
    sink.close(1)
    assert len(segment_files(tmp_path)) == 2


@given(st.integers(0, 400))
def test_a_torn_record_is_cut_off_by_the_next_start(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    folder = tmp_path_factory.mktemp("log") / "r1"
    folder.mkdir()
    whole = line(1) + line(2)
    torn = whole[: len(whole) - min(cut, len(whole))]
    (folder / "20260302T120001.000001Z.jsonl.open").write_bytes(torn)
    kept = torn.count(b"\n")
    assert numbers(folder.parent) == [1, 2][:kept]
    recover(folder)
    assert numbers(folder.parent) == [1, 2][:kept]
    assert not list(folder.glob("*.open"))


def test_damage_inside_a_segment_is_named(tmp_path: Path) -> None:
    (tmp_path / "r1").mkdir()
    (tmp_path / "r1" / "a.jsonl").write_bytes(line(1) + b"rubbish\n" + line(2))
    with pytest.raises(DecisionLogError, match=r"r1/a\.jsonl: a line of 8 bytes"):
        numbers(tmp_path)


def test_replicas_are_read_in_the_order_of_their_segments(tmp_path: Path) -> None:
    for replica, n in (("b", 1), ("a", 2), ("b", 3)):
        sink = SegmentSink(tmp_path / replica)
        sink.write([line(n)])
        sink.close(1)
    assert numbers(tmp_path) == [1, 2, 3]


def test_a_write_that_fails_half_way_leaves_no_half_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sink = SegmentSink(tmp_path / "r1")
    sink.write([line(1)])
    descriptor = sink._file.fileno()  # type: ignore[union-attr]

    class Full:
        def fileno(self) -> int:
            return descriptor

        def write(self, block: bytes) -> int:
            os.write(descriptor, block[:20])
            raise OSError(errno.ENOSPC, "No space left on device")

    good = sink._file
    sink._file = Full()  # type: ignore[assignment]
    with pytest.raises(OSError, match="No space"):
        sink.write([line(2)])
    sink._file = good
    sink.write([line(3)])
    sink.close(1)
    assert numbers(tmp_path) == [1, 3]


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DecisionLogError, match="cannot be written"):
        SegmentSink(tmp_path / "file" / "r1")


def test_a_killed_writer_loses_nothing_that_it_wrote(tmp_path: Path) -> None:
    code = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from pixguard.decision_log import open_decision_log\n"
        "from tests.decision_log.records import line\n"
        "log = open_decision_log(f'file://{sys.argv[1]}', 'r1')\n"
        "for n in range(500): log.put(line(n))\n"
        "while log.waiting: time.sleep(0.01)\n"
        "print('written', flush=True)\n"
        "time.sleep(60)\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "written\n"
        process.kill()
    assert numbers(tmp_path) == list(range(500))
    recover(tmp_path / "r1")
    assert [path.suffix for path in segment_files(tmp_path)] == [".jsonl"]
