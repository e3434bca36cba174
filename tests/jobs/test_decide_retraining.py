"""The job on a real report's shape and a signed version: records, idempotence, rules, and what is wrong."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pixguard.errors import PixguardError
from pixguard.gate.rules import RulesError
from pixguard.jobs import decide_retraining, show_retraining
from pixguard.provenance import TrainingFacts
from tests.watch.version import keep

DAY = date(2026, 6, 1)


class Place:
    """A version, a watch's report on it, and how to ask."""

    def __init__(self, folder: Path, *, alarms: int = 0) -> None:
        self.folder = folder
        self.version, self.key = keep(folder)
        shift = [{"measure": "log_amount", "what": "shift"}]
        days = [{"day": str(DAY - timedelta(days=n)), "state": "judged", "alarms": shift if n <= alarms else []}
                for n in range(7, 0, -1)]  # fmt: skip
        found = {"drift": {"days": days}, "performance": None}
        (folder / "report.json").write_text(json.dumps({"versions": {self.version.name: found}}))
        self.ledger = folder / "ledger"

    def ask(self, **changes: Any) -> decide_retraining.Decided:
        options = {"report": self.folder / "report.json", "versions": self.folder / "versions", "public_key": self.key,
                   "ledger": self.ledger, "champion": self.version.name, "day": DAY, "run_id": "run-1"}  # fmt: skip
        return decide_retraining.run(**{**options, **changes})


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    made = Place(tmp_path, alarms=3)
    age = timedelta(days=10)
    fresh = datetime(DAY.year, DAY.month, DAY.day, tzinfo=UTC) - age
    monkeypatch.setattr(TrainingFacts, "trained_until", fresh)
    return made


def test_drift_that_lasts_asks_for_a_run_once_a_day(place: Place) -> None:
    first = place.ask()
    assert (first.train, first.record.causes) == (True, ("drift",))
    assert place.ask().train  # the same run, tried again
    other = place.ask(run_id="run-2")
    assert (other.train, other.record) == (False, first.record)
    assert len(list(place.ledger.iterdir())) == 1


def test_the_next_day_waits_for_the_answer(place: Place) -> None:
    place.ask()
    after = place.ask(day=DAY + timedelta(days=1))
    assert not after.train
    assert any("answered already" in reason for reason in after.record.reasons)


def test_rules_of_a_file_and_a_canary_hold_it_back(place: Place, tmp_path: Path) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text("drift_days: {value: 4, reason: a test}\n")
    assert place.ask(rules=rules).record.reasons == ("nothing asks for it",)
    waiting = place.ask(on_trial="vffffffffffff", ledger=tmp_path / "other")
    assert not waiting.train


def test_what_is_wrong_leaves_no_record(place: Place, tmp_path: Path) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text("drift_day: {value: 4, reason: a test}\n")
    with pytest.raises(RulesError, match="drift_day"):
        place.ask(rules=rules)
    with pytest.raises(PixguardError, match="no folder"):
        place.ask(champion="v0000deadbeef")
    with pytest.raises(PixguardError, match=r"nothing\.json"):
        place.ask(report=tmp_path / "nothing.json")
    assert not place.ledger.exists()


def test_the_ledger_is_shown_newest_first(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    place.ask()
    place.ask(day=DAY + timedelta(days=1))
    assert show_retraining.main(["--ledger", str(place.ledger)]) == 0
    said = capsys.readouterr().out
    assert said.index("2026-06-02") < said.index("2026-06-01")
    assert "train drift" in said
    assert "alarms on 3 of 5 judged days" in " ".join(said.split())
    assert show_retraining.main(["--ledger", str(place.ledger), "--trained", "--json"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["triggers"][1]["measures"] == ["log_amount"]
    assert show_retraining.run(ledger=place.folder / "none") == []


def test_from_the_command_line_strict_says_by_its_status(place: Place) -> None:
    arguments = ["--report", str(place.folder / "report.json"), "--versions", str(place.folder / "versions"),
                 "--public-key", str(place.key), "--ledger", str(place.ledger), "--day", str(DAY),
                 "--champion", place.version.name]  # fmt: skip
    assert decide_retraining.main([*arguments, "--strict"]) == 2
    assert decide_retraining.main(arguments) == 0
    assert decide_retraining.main([*arguments, "--champion", "v0000deadbeef"]) == 1
