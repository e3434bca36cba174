"""What was done to a log, and what the chain says of it."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixguard.decision_log import SegmentSink, anchors, read_segments, recover, verify_chain
from pixguard.decision_log.heads import read_heads
from tests.decision_log.records import line


def write(folder: Path, *segments: list[int], closed: bool = True, **settings: Any) -> None:
    """Write segments of one replica; the last one stays open, as of a killed process, unless `closed`."""
    sink = SegmentSink(folder, **settings)
    for place, numbers in enumerate(segments):
        for number in numbers:
            sink.write([line(number)])
        if closed or place < len(segments) - 1:
            sink.close(1)
    if not closed:
        sink._links.close()  # type: ignore[union-attr]
        sink._file.close()  # type: ignore[union-attr]


def lines_of(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True)


def first_break(folder: Path) -> tuple[str, int | None]:
    found = verify_chain(folder)
    assert found.broken, "nothing was found"
    return found.broken[0].what, found.broken[0].line


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Three closed segments of ten records."""
    write(tmp_path / "r1", *([*range(first, first + 10)] for first in (0, 10, 20)))
    return tmp_path


def middle(log: Path) -> Path:
    return sorted((log / "r1").glob("*.jsonl"))[1]


def test_a_log_that_nobody_touched_is_whole(log: Path) -> None:
    found = verify_chain(log)
    assert found.is_whole
    assert (found.verified, found.segments, found.waiting, found.recovered, found.lost) == (30, 3, 0, 0, 0)
    assert len(read_heads(log / "r1")) == 4  # where it began, and three segments


def test_a_log_that_grows_is_verified_as_far_as_it_is_written(tmp_path: Path) -> None:
    write(tmp_path / "r1", [1, 2], [3, 4], closed=False)
    found = verify_chain(tmp_path)
    assert found.is_whole
    assert found.verified == 4


@pytest.mark.parametrize(
    ("edit", "what", "at"),
    [
        (lambda rows: [*rows[:4], rows[4].replace(b"hold", b"fold"), *rows[5:]], "changed", 5),
        (lambda rows: [*rows[:4], *rows[5:]], "deleted", 5),
        (lambda rows: [*rows[:4], line(99), *rows[4:]], "inserted", 5),
        (lambda rows: [*rows[:4], rows[4], *rows[4:]], "inserted", 6),
        (lambda rows: [*rows[:4], rows[5], rows[4], *rows[6:]], "reordered", 5),
        (lambda rows: rows[:-1], "truncated", 10),
        (lambda rows: [*rows, line(99)], "inserted", 11),
        (lambda rows: [], "truncated", 1),
        (lambda rows: [*rows[:-1], rows[-1][:-1]], "changed", 10),
    ],
)
def test_the_first_broken_line_is_named(log: Path, edit: Any, what: str, at: int) -> None:
    path = middle(log)
    path.write_bytes(b"".join(edit(lines_of(path))))
    assert first_break(log) == (what, at)


@given(st.data())
def test_any_byte_of_any_file_that_is_changed_is_found(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("log")
    write(folder / "r1", [0, 1, 2], [3, 4], [5, 6], closed=False)
    path = data.draw(st.sampled_from(sorted((folder / "r1").iterdir())))
    content = bytearray(path.read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)
    last_head_torn = path.name == "heads.chain" and place == len(content) - 1
    links_torn = path.name.endswith(".links") and place == len(content) - 1 and not (folder / "r1").joinpath(
        path.name.replace(".links", ".jsonl")
    ).exists()  # fmt: skip
    found = verify_chain(folder)
    # The end of a growing file looks like a write that a crash cut off; what it chained is then not counted.
    assert found.broken or (links_torn and found.verified == 6) or (last_head_torn and found.verified < 7)


@settings(max_examples=25)
@given(st.data())
def test_lines_taken_out_moved_or_slipped_in_are_found(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("log")
    write(folder / "r1", [*range(8)], [*range(8, 16)])
    path = data.draw(st.sampled_from(sorted((folder / "r1").glob("*.jsonl"))))
    before = lines_of(path)
    after = data.draw(st.lists(st.sampled_from([*before, line(77)]), max_size=10).filter(lambda rows: rows != before))
    path.write_bytes(b"".join(after))
    found = verify_chain(folder)
    first = next((i for i, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), min(len(after), 8))
    assert found.broken[0].line == first + 1


def test_a_missing_and_a_foreign_segment_are_named(log: Path) -> None:
    path = middle(log)
    content = path.read_bytes()
    path.unlink()
    assert first_break(log) == ("missing segment", None)
    path.write_bytes(content)
    assert verify_chain(log).is_whole
    (log / "r1" / "20990101T000000.000000Z.jsonl").write_bytes(line(1))
    assert first_break(log) == ("inserted segment", None)


def test_two_segments_that_change_places_are_found(log: Path) -> None:
    first, second, _ = sorted((log / "r1").glob("*.jsonl"))
    for ending in (".jsonl", ".links"):
        one, other = first.with_suffix(ending), second.with_suffix(ending)
        content = one.read_bytes(), other.read_bytes()
        one.write_bytes(content[1])
        other.write_bytes(content[0])
    assert first_break(log)[0] == "changed"


def test_links_that_were_changed_alone_are_told_from_records_that_were(log: Path) -> None:
    path = middle(log).with_suffix(".links")
    rows = lines_of(path)
    path.write_bytes(b"".join([*rows[:3], b"0" * 64 + b"\n", *rows[4:]]))
    assert first_break(log) == ("links", 3)


def test_a_whole_new_chain_is_found_by_an_anchor_alone(log: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    kept = json.loads(json.dumps(anchors(log)))
    assert verify_chain(log, kept).is_whole
    forged = tmp_path_factory.mktemp("forged")
    write(forged / "r1", [1, 2, 3])
    assert verify_chain(forged).is_whole
    assert "kept elsewhere, is gone" in str(verify_chain(forged, kept).broken[0])
    gone = tmp_path_factory.mktemp("gone")
    assert not verify_chain(gone, kept).is_whole


def test_a_log_may_grow_beyond_its_anchor(log: Path) -> None:
    kept = anchors(log)
    write(log / "r1", [30, 31])
    assert verify_chain(log, kept).verified == 32


def test_a_log_from_before_the_chain_is_read_and_counted_and_goes_on_chained(tmp_path: Path) -> None:
    (tmp_path / "r1").mkdir()
    (tmp_path / "r1" / "20260302T110000.000000Z.jsonl").write_bytes(line(1) + line(2))
    assert verify_chain(tmp_path).unchained == 2
    write(tmp_path / "r1", [3, 4, 5])
    found = verify_chain(tmp_path)
    assert (found.unchained, found.verified, found.is_whole) == (2, 3, True)
    assert len(list(read_segments(tmp_path))) == 5


@settings(max_examples=25)
@given(written=st.integers(1, 4), cut=st.integers(0, 300), chained=st.integers(0, 4), torn=st.integers(0, 64))
def test_a_crash_at_any_place_is_recovered_and_chained_on(
    tmp_path_factory: pytest.TempPathFactory, written: int, cut: int, chained: int, torn: int
) -> None:
    folder = tmp_path_factory.mktemp("log")
    write(folder / "r1", [7, 8], [*range(10, 10 + written)], closed=False)
    (growing,) = (folder / "r1").glob("*.open")
    content, beside = growing.read_bytes(), growing.with_name(growing.name.replace(".jsonl.open", ".links"))
    growing.write_bytes(content[: max(0, len(content) - cut)])
    rows = lines_of(beside)
    rest = b"".join(rows[1 + chained :])[:torn]
    beside.write_bytes(b"".join(rows[: 1 + chained]) + rest)
    had_links = beside.read_bytes().count(b"\n") - 1
    left = growing.read_bytes().count(b"\n")
    recover(folder / "r1")
    write(folder / "r1", [50])
    found = verify_chain(folder)
    assert found.is_whole, found.broken
    assert found.verified == 2 + left + 1
    assert (found.recovered, found.lost) == (max(0, left - had_links), max(0, had_links - left))


def test_a_tail_that_was_changed_before_the_restart_stays_found(tmp_path: Path) -> None:
    write(tmp_path / "r1", [1, 2, 3], closed=False)
    (growing,) = (tmp_path / "r1").glob("*.open")
    growing.write_bytes(growing.read_bytes().replace(b"hold", b"fold", 2))
    write(tmp_path / "r1", [4])
    assert first_break(tmp_path) == ("changed", 1)


def test_a_damaged_head_does_not_stop_the_log_and_is_found(tmp_path: Path) -> None:
    write(tmp_path / "r1", [1, 2])
    heads = tmp_path / "r1" / "heads.chain"
    heads.write_bytes(heads.read_bytes()[:-20] + b"\xff" * 19 + b"\n")
    write(tmp_path / "r1", [3, 4])
    assert [record.end_to_end_id[-1] for record in read_segments(tmp_path)] == ["1", "2", "3", "4"]
    assert first_break(tmp_path)[0] == "heads"


def test_a_write_whose_links_cannot_be_written_is_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sink = SegmentSink(tmp_path / "r1")
    sink.write([line(1)])
    with monkeypatch.context() as patch:
        patch.setattr("pixguard.decision_log.chain.LinkFile.append", _full)
        with pytest.raises(OSError, match="No space"):
            sink.write([line(2)])
    sink.write([line(2), line(3)])
    sink.close(1)
    assert verify_chain(tmp_path).verified == 3


def _full(*_arguments: Any) -> None:
    raise OSError(28, "No space left on device")
