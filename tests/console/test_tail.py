from pathlib import Path

from pixguard.console.tail import Tail
from tests.decision_log.records import line


def replica(folder: Path, name: str = "a") -> Path:
    made = folder / name
    made.mkdir(parents=True)
    return made


def ids(records: list) -> list[int]:
    return [int(each["end_to_end_id"][1:]) for each in records]


def test_each_record_comes_once_also_when_its_segment_is_closed_and_torn_lines_wait(tmp_path: Path) -> None:
    growing = replica(tmp_path) / "20260302T1200.jsonl.open"
    tail = Tail(tmp_path)
    assert tail.new() == []
    growing.write_bytes(line(1) + line(2)[:40])
    assert ids(tail.new()) == [1]
    with growing.open("ab") as file:
        file.write(line(2)[40:] + line(3))
    assert ids(tail.new()) == [2, 3]
    growing.rename(growing.with_suffix(""))
    assert tail.new() == []
    (growing.parent / "20260302T1201.jsonl.open").write_bytes(line(4))
    assert ids(tail.new()) == [4]
    assert (tail.skipped_bytes, tail.unreadable) == (0, 0)


def test_a_long_log_is_read_from_near_its_end_and_that_is_no_loss(tmp_path: Path) -> None:
    folder = replica(tmp_path)
    (folder / "1.jsonl").write_bytes(b"".join(line(n) for n in range(50)))
    (folder / "2.jsonl.open").write_bytes(b"".join(line(n) for n in range(50, 60)))
    tail = Tail(tmp_path, look_bytes=len(line(10)) * 15)
    found = ids(tail.new())
    assert found == list(range(46, 60)) or found == list(range(45, 60))
    assert tail.skipped_bytes == 0
    assert tail.unreadable == 0  # a line of which only the end was read is none of ours


def test_what_comes_too_fast_is_passed_over_and_said(tmp_path: Path) -> None:
    growing = replica(tmp_path) / "1.jsonl.open"
    growing.write_bytes(line(0))
    tail = Tail(tmp_path, look_bytes=len(line(10)) * 5)
    assert ids(tail.new()) == [0]
    with growing.open("ab") as file:
        file.write(b"".join(line(n) for n in range(1, 41)))
    found = ids(tail.new())
    assert found[-1] == 40
    assert len(found) in {4, 5}
    assert tail.skipped_bytes > 30 * len(line(10))


def test_lines_that_are_no_records_are_counted(tmp_path: Path) -> None:
    (replica(tmp_path) / "1.jsonl").write_bytes(b"<script>\n" + line(1) + b"{}\n")
    tail = Tail(tmp_path)
    assert ids(tail.new()) == [1]
    assert tail.unreadable == 2


def test_a_folder_that_is_not_there_yet_is_empty(tmp_path: Path) -> None:
    assert Tail(tmp_path / "later").new() == []
