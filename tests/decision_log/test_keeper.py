"""Each message of a partition is kept once, whatever dies in between; what is lost stands in the chain."""

import json
import tempfile
from pathlib import Path
from typing import Any, cast

import pytest
from confluent_kafka import Message
from hypothesis import given, settings
from hypothesis import strategies as st

from pixguard.decision_log import DecisionLogError, read_segments, verify_chain
from pixguard.decision_log.heads import read_heads
from pixguard.decision_log.keeper import POSITION, Partition
from tests.decision_log.records import line

BROKEN = (b"no json\n", b'{"schema": 1}\n', line(1)[:-1], line(1) + line(2), b"")


class Sent:
    """What the consumer hands over, as far as it is looked at."""

    def __init__(self, offset: int, value: bytes) -> None:
        self._offset, self._value = offset, value

    def offset(self) -> int:
        return self._offset

    def value(self) -> bytes:
        return self._value


def killed(one: Partition) -> None:
    """Let go of the files as the death of the process does: nothing is closed or chained."""
    for file in (one._sink._links, one._sink._file):
        if file:
            file.close()


def sent(*numbers: int, **broken: bytes) -> list[Message]:
    values = {number: line(number) for number in numbers} | {int(at[1:]): value for at, value in broken.items()}
    return cast("list[Message]", [Sent(offset, value) for offset, value in sorted(values.items())])


def kept(log: Path) -> list[str]:
    return [record.end_to_end_id for record in read_segments(log)]


def ids(*numbers: int) -> list[str]:
    return [f"X{number:031d}" for number in numbers]


def test_messages_become_a_chained_log_that_goes_on(tmp_path: Path) -> None:
    for rounds in (range(5), range(5, 9)):
        one = Partition(tmp_path, "d", 0)
        assert one.begin(0) == rounds.start
        assert one.take(sent(*rounds)).kept == len(rounds)
        one.close()
    assert kept(tmp_path) == ids(*range(9))
    found = verify_chain(tmp_path)
    assert (found.is_whole, found.verified) == (True, 9)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 4), st.booleans(), st.booleans()), min_size=1, max_size=12), st.data())
def test_whatever_dies_each_message_is_kept_once_and_in_order(
    steps: list[tuple[int, bool, bool]], data: st.DataObject
) -> None:
    """A step hands over some messages; it may end before its position is written, and without closing anything."""
    whole = 40
    broken = {f"_{at}": b"broken\n" for at in data.draw(st.sets(st.integers(0, whole - 1), max_size=5))}
    good = [number for number in range(whole) if f"_{number}" not in broken]
    topic = sent(*good, **broken)
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder)
        for count, is_cut, is_closed in [*steps, (whole, False, True)]:
            one = Partition(log, "d", 0)
            at = one.begin(0)
            before = (log / "d-0" / POSITION).read_bytes()
            one.take(topic[at : at + count])
            if is_cut:
                (log / "d-0" / POSITION).write_bytes(before)
            if is_closed:
                one.close()
            else:
                killed(one)
        assert kept(log) == ids(*good)
        assert verify_chain(log).is_whole
        told = [head.entry["rejected_offset"] for head in read_heads(log / "d-0") if "rejected_offset" in head.entry]
        assert sorted(told) == sorted(int(at[1:]) for at in broken)


@pytest.mark.parametrize("value", BROKEN)
def test_what_is_no_decision_is_an_entry_of_the_chain_without_what_it_held(tmp_path: Path, value: bytes) -> None:
    one = Partition(tmp_path, "d", 3)
    one.begin(7)
    taken = one.take(sent(7, 9, _8=value))
    one.close()
    assert (taken.kept, taken.rejected) == (2, 1)
    (entry,) = [head.entry for head in read_heads(tmp_path / "d-3") if "rejected_offset" in head.entry]
    assert set(entry) == {"rejected_offset", "reason", "at"}
    assert entry["rejected_offset"] == 8
    assert verify_chain(tmp_path).is_whole


def test_decisions_that_kafka_dropped_stop_it_until_somebody_says_so_and_then_stand_in_the_chain(
    tmp_path: Path,
) -> None:
    one = Partition(tmp_path, "d", 0)
    one.begin(0)
    one.take(sent(0, 1))
    one.close()
    again = Partition(tmp_path, "d", 0)
    with pytest.raises(DecisionLogError, match=r"dropped offsets 2 to 9 .* --accept-gap"):
        again.begin(10)
    assert again.begin(10, accept_gap=True) == 10
    again.take(sent(10))
    again.close()
    assert kept(tmp_path) == ids(0, 1, 10)
    (entry,) = [head.entry for head in read_heads(tmp_path / "d-0") if "gap_from" in head.entry]
    assert (entry["gap_from"], entry["gap_to"]) == (2, 9)
    assert verify_chain(tmp_path).is_whole


def position(**changes: Any) -> str:
    return json.dumps({"offset": 2, "lines": 2, **changes})


@pytest.mark.parametrize("content", ["", "{}", position(offset="x"), position(lines=3)])
def test_a_position_that_does_not_fit_the_lines_is_an_error(tmp_path: Path, content: str) -> None:
    one = Partition(tmp_path, "d", 0)
    one.begin(0)
    one.take(sent(0, 1))
    one.close()
    (tmp_path / "d-0" / POSITION).write_text(content)
    with pytest.raises(DecisionLogError, match=POSITION):
        Partition(tmp_path, "d", 0)


def test_lines_without_a_position_are_not_read_twice(tmp_path: Path) -> None:
    one = Partition(tmp_path, "d", 0)
    one.begin(0)
    one.take(sent(0))
    one.close()
    (tmp_path / "d-0" / POSITION).unlink()
    with pytest.raises(DecisionLogError, match="1 lines are chained"):
        Partition(tmp_path, "d", 0)
