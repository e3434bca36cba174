"""Flaky is what both passed and failed on one commit, out of reports that pytest itself writes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from delivery import flakiness
from delivery.flakiness import Result
from delivery.shell import DeliveryError

TESTS = """
import os, pytest
def test_steady(): pass
def test_moody(): assert os.environ["MOOD"] == "good"
def test_broken(): assert False
@pytest.mark.skip
def test_skipped(): pass
@pytest.fixture
def moody(): assert os.environ["MOOD"] == "good"
def test_set_up(moody): pass
"""


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    (tmp_path / "test_it.py").write_text(TESTS)
    for run, mood in {"1": "good", "2": "bad", "3": "good"}.items():
        report = tmp_path / "runs" / ("c" * 40) / run / "unit.xml"
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}", "test_it.py"]
        done = subprocess.run(
            command,
            cwd=tmp_path,
            env={**os.environ, "MOOD": mood, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
            capture_output=True,
            check=False,
        )
        assert done.returncode == 1, done.stdout
    return tmp_path / "runs"


def test_pytests_own_reports(reports: Path) -> None:
    found = list(flakiness.results(reports))
    assert len(found) == 12  # 4 of 5 tests say something, 3 times
    assert [(t.test, t.failed, t.runs) for t in flakiness.flaky(found)] == [
        ("test_it::test_moody", 1, 3),
        ("test_it::test_set_up", 1, 3),
    ]
    text = flakiness.describe(found)
    assert "### Flaky tests: 2 of 4 (12 runs on 1 commits)" in text
    assert "| `test_it::test_moody` | 1 | 3 | 1 |" in text
    assert "test_broken` |" not in text


def test_a_change_between_commits_is_no_flake() -> None:
    results = [Result("a", "t", False, 0.1), Result("b", "t", True, 0.1)]
    assert flakiness.flaky(results) == []


def test_the_most_often_failed_stands_first() -> None:
    often = [Result("a", "often", passed, 0) for passed in (True, False, False)]
    seldom = [Result("a", "seldom", passed, 0) for passed in (True, True, False)]
    assert [t.test for t in flakiness.flaky([*seldom, *often])] == ["often", "seldom"]


def test_a_report_cut_off_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "c" / "1" / "unit.xml"
    file.parent.mkdir(parents=True)
    file.write_text("<testsuites><testsuite>")
    with pytest.raises(DeliveryError, match=r"unit\.xml is no JUnit report"):
        list(flakiness.results(tmp_path))


def test_no_report_is_an_error_not_a_good_night() -> None:
    with pytest.raises(DeliveryError, match="as if nothing were flaky"):
        flakiness.describe([])
