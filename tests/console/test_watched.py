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
    drift = watched.read(folder / watched.DRIFT)["found"]
    assert [each["state"] for each in drift["features"][:3]] == ["alarm", "watch", "ok"]
    assert drift["rows"] == 41_208
    performance = watched.read(folder / watched.PERFORMANCE)["found"]
    assert [each["age_days"] for each in performance["by_label_age"]] == [7, 14, 30, 60]


def test_a_file_that_is_not_there_is_missing(tmp_path: Path) -> None:
    assert watched.read(tmp_path / watched.DRIFT) == {"missing": True}


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
    assert said in watched.read(path)["problem"]


@pytest.mark.parametrize("text", ["", "[]", "null", "{", '"x"', "\x00"])
def test_what_is_no_object_is_a_problem(tmp_path: Path, text: str) -> None:
    path = tmp_path / watched.PERFORMANCE
    path.write_text(text)
    assert "performance.json" in watched.read(path)["problem"]


def test_a_huge_file_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watched, "MAX_BYTES", 10)
    (tmp_path / watched.DRIFT).write_text(" " * 11)
    assert "more than" in watched.read(tmp_path / watched.DRIFT)["problem"]
