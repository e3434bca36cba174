import json
import multiprocessing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pixguard.console.errors import VerdictError
from pixguard.console.verdicts import Verdict, Verdicts, asked

NOW = datetime(2026, 11, 24, 23, 59, 59, 999_999, tzinfo=UTC)
ID = "E1234567820261124150012345678901"


def verdict(identity: str = ID, is_fraud: bool = True, at: str = "2026-11-24T15:00:00.000000Z") -> Verdict:
    return Verdict(identity, is_fraud, "SCAM" if is_fraud else None, at, "ana")


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for path in sorted(folder.glob("*.jsonl")) for line in path.read_bytes().splitlines()]


def test_a_verdict_is_one_line_of_its_day_and_the_same_again_is_none(tmp_path: Path) -> None:
    given = asked({"end_to_end_id": ID, "is_fraud": True, "situation": "SCAM"}, "ana", NOW)
    assert Verdicts(tmp_path).give(given) is True
    assert Verdicts(tmp_path).give(given) is False
    assert [each.name for each in tmp_path.glob("*.jsonl")] == ["2026-11-24.jsonl"]
    assert lines(tmp_path) == [
        {"end_to_end_id": ID, "source": "analyst", "is_fraud": True, "situation": "SCAM",
         "known_at": "2026-11-24T23:59:59.999999Z", "by": "ana"}
    ]  # fmt: skip


def test_another_verdict_is_refused_unless_it_corrects_and_then_the_newest_counts(tmp_path: Path) -> None:
    kept = Verdicts(tmp_path)
    kept.give(verdict())
    other = verdict(is_fraud=False, at="2026-11-25T09:00:00.000000Z")
    with pytest.raises(VerdictError, match="ana said fraud") as told:
        kept.give(other)
    assert told.value.status == 409
    assert kept.give(other, correct=True) is True
    again = Verdicts(tmp_path)
    again.look()
    assert again.newest == {ID: other}
    assert len(lines(tmp_path)) == 2


def test_a_torn_line_is_cut_off_and_foreign_lines_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "2026-11-24.jsonl"
    path.write_bytes(b'{"end_to_end_id": 1}\nnot json\n{"end_to_')
    kept = Verdicts(tmp_path)
    assert kept.give(verdict()) is True
    assert kept.unreadable == 2
    assert path.read_bytes().count(b"\n") == 3
    assert json.loads(path.read_bytes().splitlines()[-1])["end_to_end_id"] == ID


def _give_many(folder: Path, name: str) -> None:
    kept = Verdicts(folder)
    for n in range(20):
        for identity in (f"X{n:031d}", f"X{n:030d}{name}"):
            kept.give(Verdict(identity, True, "SCAM", "2026-11-24T15:00:00.000000Z", name))


def test_two_processes_that_write_at_once_lose_and_double_nothing(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=_give_many, args=(tmp_path, name)) for name in "ab"]
    for each in writers:
        each.start()
    for each in writers:
        each.join(30)
        assert each.exitcode == 0
    found = [each["end_to_end_id"] for each in lines(tmp_path)]
    assert len(found) == len(set(found)) == 60


GOOD: dict[str, Any] = {"end_to_end_id": ID, "is_fraud": True, "situation": "SCAM"}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (None, "wanted"), ([], "wanted"), ("x", "wanted"), (GOOD | {"by": "somebody"}, "wanted"),
        (GOOD | {"end_to_end_id": ID + "\n"}, "end_to_end_id"), (GOOD | {"end_to_end_id": "../../x"}, "end_to_end_id"),
        (GOOD | {"end_to_end_id": 7}, "end_to_end_id"),
        (GOOD | {"end_to_end_id": ID.replace("1124", "1399")}, "end_to"),
        (GOOD | {"is_fraud": 1}, "is_fraud"), (GOOD | {"is_fraud": "true"}, "is_fraud"),
        (GOOD | {"situation": None}, "situation"), (GOOD | {"situation": "<b>"}, "situation"),
        (GOOD | {"situation": ["SCAM"]}, "situation"), (GOOD | {"is_fraud": False}, "situation"),
    ],
)  # fmt: skip
def test_what_is_no_verdict_is_told_by_its_field_and_never_repeated(data: object, said: str) -> None:
    with pytest.raises(VerdictError, match=said) as told:
        asked(data, "ana", NOW)
    assert told.value.status == 400
    assert "<b>" not in str(told.value)


def test_without_fraud_there_is_no_situation() -> None:
    assert asked({"end_to_end_id": ID, "is_fraud": False, "situation": None}, "ana", NOW).situation is None
    assert asked({"end_to_end_id": ID, "is_fraud": False}, "ana", NOW).situation is None
