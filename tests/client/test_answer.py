"""An answer is typed, or it is an error that names the part."""

from datetime import UTC, datetime
from typing import Any

import pytest

from pixguard.client import AnswerError
from pixguard.client.answer import read_answer
from tests.client.server import answer_to


def test_every_part_is_typed() -> None:
    answer = read_answer(answer_to("E1", degraded=["state_slow"], newest_event_us=None))
    assert answer.decided_at == datetime(2026, 11, 24, 12, 0, 0, 123, tzinfo=UTC)
    assert answer.rules == ("expected_loss",)
    assert answer.is_degraded
    assert answer.newest_event is None


def test_a_newer_servers_further_parts_are_left_alone() -> None:
    assert read_answer(answer_to("E1", tomorrow="x")).end_to_end_id == "E1"


@pytest.mark.parametrize("name", sorted(answer_to("E1")))
def test_a_missing_part_is_named(name: str) -> None:
    with pytest.raises(AnswerError, match=f"^{name}: the answer lacks it"):
        read_answer({k: v for k, v in answer_to("E1").items() if k != name})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("decision", "perhaps"),
        ("probability", 1.5),
        ("probability", True),
        ("score", "0.1"),
        ("decided_at", "yesterday"),
        ("decided_at", "2026-11-24T12:00:00"),
        ("rules", "expected_loss"),
        ("rules", [1]),
        ("reasons", [3]),
        ("newest_event_us", 1.5),
        ("end_to_end_id", None),
    ],
)
def test_a_part_of_another_kind_is_named(name: str, value: Any) -> None:
    with pytest.raises(AnswerError, match=f"^{name}: "):
        read_answer(answer_to("E1", **{name: value}))


def test_a_feature_without_a_value_has_none() -> None:
    reasons = [{"feature": "x", "value": None, "contribution": -0.5}]
    assert read_answer(answer_to("E1", reasons=reasons)).reasons[0].value is None
