"""Segments that grow, are torn, are renamed: each record once."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixguard.evidence.decisions import Follower, read_record, recent

START = datetime(2026, 1, 1, tzinfo=UTC)


def record(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "schema": 1, "decided_at": (START + timedelta(seconds=number)).isoformat(), "end_to_end_id": f"E{number}",
        "version": "v1", "probability": 0.1, "decision": "approve", "degraded": [], "latency_us": 900,
        "replay": False, "payment": {"end_to_end_id": f"E{number}"},
    } | changes  # fmt: skip


def line(number: int, **changes: Any) -> bytes:
    return json.dumps(record(number, **changes)).encode() + b"\n"


def ids(records: Any) -> list[str]:
    return [each["end_to_end_id"] for each in records]


def test_each_record_is_read_once_while_segments_grow_and_are_renamed(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    growing = tmp_path / "a" / "20260101T000000Z.jsonl.open"
    follower = Follower(tmp_path, START)
    assert ids(follower.new()) == []
    growing.write_bytes(line(1) + line(2)[:30])
    assert ids(follower.new()) == ["E1"], "half a line waits for its end"
    with growing.open("ab") as file:
        file.write(line(2)[30:] + line(3))
    assert ids(follower.new()) == ["E2", "E3"]
    growing.rename(growing.with_name("20260101T000000Z.jsonl"))
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "20260101T000001Z.jsonl").write_bytes(line(4))
    assert ids(follower.new()) == ["E4"]
    assert ids(follower.new()) == []


@given(st.lists(st.integers(1, 200), max_size=8))
def test_any_way_of_writing_gives_the_same_records(tmp_path_factory: pytest.TempPathFactory, cuts: list[int]) -> None:
    folder = tmp_path_factory.mktemp("log")
    (folder / "a").mkdir()
    path, content, found = folder / "a" / "x.jsonl.open", b"".join(map(line, range(6))), []
    follower = Follower(folder, START)
    for cut in [*cuts, len(content)]:
        with path.open("ab") as file:
            file.write(content[:cut])
        content = content[cut:]
        found += ids(follower.new())
    assert found == [f"E{n}" for n in range(6)]


def test_what_came_before_is_left_out_and_what_is_damaged_is_counted(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    bad = [
        b"not json\n",
        line(3, schema=2),
        line(3, probability=2),
        line(3, decided_at="yesterday"),
        line(3, payment=[]),
    ]
    (tmp_path / "a" / "x.jsonl").write_bytes(line(1) + b"".join(bad) + line(5))
    follower = Follower(tmp_path, START + timedelta(seconds=2))
    assert ids(follower.new()) == ["E5"]
    assert follower.unreadable == len(bad)
    assert all(read_record(each) is None for each in bad)


def test_the_newest_decisions_are_found_without_reading_all(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    for segment in range(5):
        numbers = range(segment * 100, segment * 100 + 100)
        (tmp_path / "a" / f"{segment}.jsonl").write_bytes(b"".join(line(n, replay=n % 10 == 0) for n in numbers))
    assert ids(recent(tmp_path, 3)) == ["E499", "E498", "E497"]
    assert len(recent(tmp_path, 200)) == 200
    assert not [each for each in recent(tmp_path, 1000) if each["replay"]]
    assert recent(tmp_path / "nowhere", 3) == []
