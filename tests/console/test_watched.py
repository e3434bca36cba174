import json
from pathlib import Path

import pytest

from pixguard.console import watched

from .world import World


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    World(tmp_path / "state").watched()
    return tmp_path / "state" / "watch"


def test_files_of_the_agreed_shape_are_read_worst_first_and_youngest_first(folder: Path) -> None:
    found = watched.read(folder)
    drift = found["drift"]["found"]
    assert [each["state"] for each in drift["features"][:3]] == ["alarm", "watch", "ok"]
    assert drift["rows"] == 41_208
    performance = found["performance"]["found"]
    assert [each["age_days"] for each in performance["by_label_age"]] == [7, 14, 30, 60]


def test_a_file_that_is_not_there_is_missing(tmp_path: Path) -> None:
    assert watched.read(tmp_path) == {"drift": {"missing": True}, "performance": {"missing": True}}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"schema": 2}, "schema"),
        ({"features": None}, "TypeError"),
        ({"features": [{"name": "a"}]}, "psi"),
        (
            {"features": [{"name": "a", "psi": float("nan"), "missing": 0, "missing_before": 0, "state": "ok"}]},
            "finite",
        ),
        ({"features": [{"name": "a", "psi": 1, "missing": 0, "missing_before": 0, "state": "<b>"}]}, "state"),
    ],
)
def test_a_file_of_another_shape_is_a_problem_in_words(folder: Path, change: dict, said: str) -> None:
    path = folder / watched.DRIFT
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    assert said in watched.read(folder)["drift"]["problem"]


@pytest.mark.parametrize("text", ["", "[]", "null", "{", '"x"', "\x00"])
def test_what_is_no_object_is_a_problem(tmp_path: Path, text: str) -> None:
    path = tmp_path / watched.PERFORMANCE
    path.write_text(text)
    assert "performance.json" in watched.read(tmp_path)["performance"]["problem"]


def test_a_huge_file_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watched, "MAX_BYTES", 10)
    (tmp_path / watched.DRIFT).write_text(" " * 11)
    assert "more than" in watched.read(tmp_path)["drift"]["problem"]


def figure(measure: str, distance: float | None = 0.01) -> dict:
    return {"measure": measure, "from_reference": distance, "from_baseline": 0.4, "missing_share": 0.02}


def report() -> dict:
    newest = {
        "day": "2026-11-23", "rows": 900, "figures": [figure("calm"), figure("loud", 0.5), figure("new", None)],
        "findings": [{"measure": "loud"}, {"measure": "new"}], "features": ["loud"],
    }  # fmt: skip
    age = {"age_days": 30, "rows": 800, "frauds": 12, "average_precision": 0.5, "recall_at_fpr_1pct": None}
    old = {"drift": {"newest": newest | {"day": "2026-10-01"}}, "performance": None}
    new = {"drift": {"newest": newest}, "performance": {"ages": [age]}}
    return {"schema": 1, "until": "2026-11-24T00:00:00+00:00", "versions": {"vnew": new, "vold": old}}


def test_the_watchers_whole_report_serves_where_the_short_files_are_not(tmp_path: Path) -> None:
    (tmp_path / watched.REPORT).write_text(json.dumps(report()))
    found = watched.read(tmp_path, "velse")
    drift = found["drift"]["found"]
    assert (drift["version"], drift["day"], drift["rows"]) == ("vnew", "2026-11-23", 900)
    assert [(each["name"], each["state"], each["psi"]) for each in drift["features"]] == [
        ("loud", "alarm", 0.5), ("new", "watch", 0.4), ("calm", "ok", 0.01),
    ]  # fmt: skip
    (row,) = found["performance"]["found"]["by_label_age"]
    assert row["average_precision"] == {"estimate": 0.5, "low": None, "high": None}
    assert row["recall"]["estimate"] is None
    serving = watched.read(tmp_path, "vold")
    assert serving["drift"]["found"]["version"] == "vold"
    assert serving["performance"]["found"]["by_label_age"] == []


def test_a_report_of_nothing_is_a_problem_in_words(tmp_path: Path) -> None:
    (tmp_path / watched.REPORT).write_text('{"schema": 1, "until": "", "versions": {}}')
    assert "report.json" in watched.read(tmp_path)["drift"]["problem"]
