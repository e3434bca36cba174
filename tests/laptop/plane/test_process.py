"""Processes that are found again, by record or by mark, and that end."""

import os
import signal
import sys
from pathlib import Path

import pytest

from pixguard.laptop.plane import process
from pixguard.laptop.plane.folder import Folder
from pixguard.laptop.plane.process import Process
from tests.laptop.world import until

SLEEP = "import time; print('here', flush=True); time.sleep(60)"


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder.of(tmp_path)


def start(folder: Folder, code: str = SLEEP, name: str = "one") -> Process:
    return process.start(folder, name, [sys.executable, "-c", code], {"TOKEN": "t"}, role="test")


def test_a_process_is_found_again_by_its_record_and_by_its_mark(folder: Folder) -> None:
    started = start(folder)
    try:
        assert process.recorded(folder) == [started]
        assert started.alive()
        assert process.marked(folder) == [started.pid]
        until(lambda: "here" in (folder.logs / "one.log").read_text())
        assert os.getpgid(started.pid) == started.pid
    finally:
        assert process.stop_all([started.pid], 5) == []
    assert not started.alive()
    assert process.marked(folder) == []


def test_a_pid_that_is_somebody_elses_now_is_not_ours(folder: Folder) -> None:
    started = start(folder)
    other = Process("one", started.pid, started.since + 1)
    assert not other.alive()
    other.signal(signal.SIGKILL)  # goes nowhere
    assert started.alive()
    process.stop_all([started.pid], 5)


def test_what_does_not_listen_to_sigterm_is_killed(folder: Folder) -> None:
    deaf = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n{SLEEP}"
    started = start(folder, deaf)
    until(lambda: "here" in (folder.logs / "one.log").read_text())
    assert process.stop_all([started.pid], 0.2) == []
    assert not started.alive()


def test_children_of_children_carry_the_mark(folder: Folder) -> None:
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {SLEEP!r}])"
    started = start(folder, child)
    pids = until(lambda: found if len(found := process.marked(folder)) == 2 else None)
    started.signal(signal.SIGKILL)
    assert process.stop_all(pids, 5) == []


def test_nothing_of_our_environment_goes_along_but_what_is_named(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    started = start(folder, "import os; print(sorted(os.environ), flush=True)")
    text = until((folder.logs / "one.log").read_text)
    assert "AWS_SECRET_ACCESS_KEY" not in text
    assert "TOKEN" in text
    until(lambda: not started.alive())


def test_free_ports_are_different() -> None:
    assert len(set(process.free_ports(20))) == 20


def test_a_log_is_cut_while_it_is_written_to(folder: Folder) -> None:
    started = start(folder, "import time\nfor i in range(10**6): print('line', i, flush=True); time.sleep(0.001)")
    log = folder.logs / "one.log"
    try:
        until(lambda: log.stat().st_size > 1000)
        process.cut_logs(folder, limit=1000)
        assert (folder.logs / "one.log.1").stat().st_size > 1000
        until(lambda: log.stat().st_size > 0)
        assert log.read_text().startswith("line ")  # no hole where the old lines were
    finally:
        process.stop_all([started.pid], 5)
