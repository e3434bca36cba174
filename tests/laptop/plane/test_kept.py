"""What ends is started again, ever more slowly."""

import sys
from pathlib import Path

from pixguard.laptop.plane import process
from pixguard.laptop.plane.folder import Folder
from pixguard.laptop.plane.kept import Kept
from pixguard.laptop.plane.process import Process
from tests.laptop.world import until


def test_it_is_started_again_at_once_and_then_waits(tmp_path: Path) -> None:
    folder, made = Folder.of(tmp_path), []

    def make(before: Process | None) -> Process:
        made.append(before)
        return process.start(folder, "short", [sys.executable, "-c", ""], {})

    kept = Kept(make, None)
    assert kept.step()
    first = kept.running
    until(kept.step)
    assert made == [None, first]
    until(lambda: kept.step() or kept.running is None)
    assert not kept.step()  # it waits now
    until(kept.step)
    process.stop_all(process.marked(folder), 5)


def test_one_that_runs_is_taken_over(tmp_path: Path) -> None:
    folder = Folder.of(tmp_path)
    running = process.start(folder, "long", [sys.executable, "-c", "import time; time.sleep(60)"], {})
    kept = Kept(lambda _: running, running)
    assert not kept.step()
    assert kept.running == running
    process.stop_all([running.pid], 5)
