import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from pixguard.steps.runs import local
from pixguard.steps.runs.errors import PipelineRunError
from pixguard.steps.runs.local import run_pipeline


def test_a_run_shows_its_steps_and_keeps_its_numbers(
    count_lines: Any, three_lines: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = run_pipeline(count_lines, {"path": str(three_lines)}, state=tmp_path / "state")
    assert [(step.name, step.state) for step in run.steps] == [
        ("count", "done"),
        ("publish", "done"),
        ("record", "done"),
    ]
    assert run.metrics == {"count": {"lines": 3}}
    assert three_lines.with_suffix(".published").read_text() == "3"
    assert three_lines.with_suffix(".ended").read_text().endswith(" SUCCEEDED")
    said = capsys.readouterr().out
    assert "▸ count" in said
    assert "✓ publish" in said
    assert "KFP Executor" not in said
    assert "counted 3 lines" in (run.folder / "steps.log").read_text()


def test_a_condition_that_does_not_hold_skips_what_hangs_on_it(
    count_lines: Any, three_lines: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = run_pipeline(count_lines, {"path": str(three_lines), "at_least": 4}, state=tmp_path / "state", verbose=True)
    assert [step.name for step in run.steps] == ["count", "record"]
    assert not three_lines.with_suffix(".published").exists()
    said = capsys.readouterr().out
    assert "skipped what waits for: enough lines" in said
    assert "    counted 3 lines" in said


def test_a_step_is_tried_again_as_the_pipeline_says(
    count_lines: Any, three_lines: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = run_pipeline(count_lines, {"path": str(three_lines), "fail_times": 1}, state=tmp_path / "state")
    assert [(step.name, step.state) for step in run.steps][:2] == [("count", "failed"), ("count", "done")]
    assert "count failed (attempt 1/2), again in 1.0s" in capsys.readouterr().out


def test_a_failed_step_fails_the_run_with_its_cause_last_and_the_exit_handler_still_runs(
    count_lines: Any, three_lines: Path, tmp_path: Path
) -> None:
    with pytest.raises(PipelineRunError) as caught:
        run_pipeline(count_lines, {"path": str(three_lines), "fail_times": 9}, state=tmp_path / "state")
    first, *_, last = str(caught.value).splitlines()
    assert first.startswith("count-lines failed at count after ")
    assert last == "OSError: lines.txt is not there yet"
    assert three_lines.with_suffix(".ended").read_text().endswith(" FAILED")


def test_cached_steps_are_reused_only_when_asked(count_lines: Any, three_lines: Path, tmp_path: Path) -> None:
    state = tmp_path / "state"
    for caching, states in ((True, ["done", "done"]), (True, ["cached", "done"]), (False, ["done", "done"])):
        run = run_pipeline(count_lines, {"path": str(three_lines)}, state=state, caching=caching)
        assert [step.state for step in run.steps if step.name != "record"] == states


def test_sigterm_ends_the_steps_too(tmp_path: Path) -> None:
    slow = tmp_path / "slow.py"
    slow.write_text(
        "from kfp import dsl\n"
        "@dsl.component(base_image='python', install_kfp_package=False, packages_to_install=None)\n"
        "def wait(path: str):\n"
        "    import os, pathlib, time\n"
        "    pathlib.Path(path).write_text(str(os.getpid()))\n"
        "    time.sleep(120)\n"
        "@dsl.pipeline(name='slow')\n"
        "def slow(path: str):\n"
        "    wait(path=path)\n"
    )
    marker = tmp_path / "pid"
    command = [
        sys.executable,
        "-m",
        "pixguard.cli",
        "run",
        str(slow),
        "--param",
        f"path={marker}",
        "--state",
        str(tmp_path),
    ]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as run:
        deadline = time.monotonic() + 60
        while not (marker.exists() and marker.read_text()) and time.monotonic() < deadline:
            time.sleep(0.1)
        step = psutil.Process(int(marker.read_text()))
        os.kill(run.pid, signal.SIGTERM)
        _, said = run.communicate(timeout=30)
    assert run.returncode == 130
    assert said.strip() == "pixguard: interrupted"
    step.wait(timeout=10)
    assert not step.is_running()


def test_results_of_other_code_are_not_reused(
    count_lines: Any, three_lines: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for code, state in (("one", "done"), ("two", "done"), ("one", "cached")):
        monkeypatch.setattr(local, "_code", lambda code=code: code)
        run = run_pipeline(count_lines, {"path": str(three_lines)}, state=tmp_path / "state", caching=True)
        assert run.steps[0].state == state
