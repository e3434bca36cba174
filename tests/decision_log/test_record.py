import json
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixguard.decision_log import DecisionLogError, names_sha256, read_record, record_line
from pixguard.decision_log.record import utc_text
from tests.decision_log.records import line, values

floats = st.lists(st.one_of(st.just(float("nan")), st.floats(width=32, allow_infinity=False, allow_nan=False)))


@given(floats)
def test_feature_values_come_back_bit_for_bit(drawn: list[float]) -> None:
    written = np.array(drawn, dtype=np.float32)
    found = read_record(line(features={"names_sha256": "ab", "values": written}))
    assert found.values.tobytes() == np.where(np.isnan(written), np.float32("nan"), written).tobytes()


def test_a_record_comes_back_and_can_be_written_again() -> None:
    found = read_record(line(7))
    assert found.end_to_end_id == f"X{7:031d}"
    assert found.decided == datetime(2026, 3, 2, 12, 0, 7, 7, tzinfo=UTC)
    assert found.reasons == [{"feature": "a", "value": None, "contribution": -0.5}]
    again = found.to_json()
    assert again.pop("schema") == 1
    assert read_record(record_line(again)) == found


def test_a_line_is_one_line_of_json() -> None:
    written = line(decision="a\nb")
    assert written.endswith(b"\n")
    assert written.count(b"\n") == 1
    assert json.loads(written)["decision"] == "a\nb"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b'{"schema":1', "11 bytes is no JSON"),
        (b"[1]", "another schema"),
        (b'{"schema":2}', "another schema: this version reads 1"),
        (b'{"schema":1,"what":1}', "differ by"),
    ],
)
def test_other_lines_are_refused(text: bytes, message: str) -> None:
    with pytest.raises(DecisionLogError, match=message):
        read_record(text)


def test_a_missing_field_is_named() -> None:
    short = values()
    del short["base"]
    with pytest.raises(DecisionLogError, match=r"\['base'\]"):
        read_record(record_line(short))


def test_a_line_from_before_exploration_was_decided_for_sure() -> None:
    assert read_record(line()).propensity == 1.0
    assert read_record(line(propensity=0.02)).propensity == 0.02


def test_names_are_told_apart_by_order_and_content() -> None:
    assert names_sha256(["a", "b"]) != names_sha256(["b", "a"])
    assert names_sha256(["a", "b"]) != names_sha256(["a", "b", "c"])


def test_times_are_utc_with_microseconds() -> None:
    assert utc_text(datetime.fromisoformat("2026-03-02T09:00:00-03:00")) == "2026-03-02T12:00:00.000000Z"
