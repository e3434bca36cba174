import json
import threading
from pathlib import Path

import pytest

from pixguard.retraining import Ledger, LedgerError, decide
from tests.retraining.cases import DAY, RULES, alarmed, before, evidence

ILL = evidence(days=alarmed(1, 2, 3))


def test_a_day_decided_twice_is_one_record_the_first(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "books")
    first = ledger.write(ILL, RULES, decide(ILL, RULES), "run-1")
    again = ledger.write(evidence(), RULES, decide(evidence(), RULES), "run-2")
    assert first == again
    assert (again.action, again.causes, again.run) == ("train", ("drift",), "run-1")
    assert ledger.records() == [first]
    assert [path.name for path in (tmp_path / "books").iterdir()] == [f"{DAY}.json"]


def test_a_record_holds_why_with_every_bound_and_its_reason(tmp_path: Path) -> None:
    record = Ledger(tmp_path).write(ILL, RULES, decide(ILL, RULES))
    data = json.loads((tmp_path / f"{DAY}.json").read_text())
    assert data == record.data
    assert [each["cause"] for each in data["triggers"]] == ["schedule", "drift", "loss"]
    assert data["rules"]["drift_days"] == {"value": 3, "reason": RULES.drift_days.reason}
    assert data["evidence"]["promises"]["recall_at_fpr_1pct"]["promised"]["low"] == 0.64
    assert data["budget"] == {"runs": 0, "left": 4, "next_day": str(DAY), "answered": []}
    assert record.past.trained == ("drift",)
    assert record.past.promised == {"recall_at_fpr_1pct": 0.64}


def test_waiting_leaves_a_record_too_and_files_cannot_be_written_again(tmp_path: Path) -> None:
    record = Ledger(tmp_path).write(evidence(), RULES, decide(evidence(), RULES))
    assert (record.action, record.reasons) == ("wait", ("nothing asks for it",))
    assert not (tmp_path / f"{DAY}.json").stat().st_mode & 0o222


def test_of_many_writers_at_once_one_wins_and_all_read_it(tmp_path: Path) -> None:
    found: list[str] = []
    start = threading.Barrier(8)

    def write(number: int) -> None:
        start.wait()
        found.append(Ledger(tmp_path).write(ILL, RULES, decide(ILL, RULES), f"run-{number}").run)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(found) == 8
    assert len(set(found)) == 1


def test_records_come_oldest_first_and_a_damaged_one_is_named(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    for ago in (1, 3, 2):
        ledger.write(evidence(day=before(ago)), RULES, decide(evidence(day=before(ago)), RULES))
    assert [record.day for record in ledger.records()] == [before(3), before(2), before(1)]
    (tmp_path / f"{before(9)}.json").write_text('{"schema": 2}')
    with pytest.raises(LedgerError, match=f"{before(9)}.json"):
        ledger.records()
