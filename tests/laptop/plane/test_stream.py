"""The stream's process: how it is started, what is said of it, and that nobody is left who is not wanted."""

import sys
from contextlib import closing
from pathlib import Path

import pytest

from pixguard.features import PIX
from pixguard.jobs import stream_features
from pixguard.laptop.plane import process, stream
from pixguard.laptop.plane.folder import Folder
from pixguard.laptop.plane.process import Process
from pixguard.pulse import Pulse, open_pulses
from tests.laptop.world import until

METRICS = """# TYPE pixguard_stream_messages_total counter
pixguard_stream_messages_total{feature_set="pix",outcome="dead"} 2.0
pixguard_stream_messages_total{feature_set="pix",outcome="accepted"} 1234.0
"""


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[list[str], dict[str, str]]]:
    """Return what was started instead of a stream."""
    found: list[tuple[list[str], dict[str, str]]] = []

    def start(_folder: Folder, name: str, argv: list[str], env: dict[str, str], **facts: int) -> Process:
        found.append((argv, env))
        return Process(name, 0, 0, facts)

    monkeypatch.setattr(process, "start", start)
    return found


def test_the_job_understands_what_it_is_told_and_all_of_it_lies_in_the_folder(
    tmp_path: Path, started: list[tuple[list[str], dict[str, str]]]
) -> None:
    folder = Folder.of(tmp_path / "state")
    stream.start(folder, f"sqlite://{folder.online}", None)
    stream.take_over_from(folder, tmp_path / "lake")
    stream.take_over_from(folder, None)  # says nothing, changes nothing
    stream.start(folder, f"sqlite://{folder.online}", None)
    told = [stream_features.parse(argv[3:]) for argv, _ in started]
    assert [each.lake for each in told] == [folder.root / "lake", tmp_path / "lake"]
    assert (told[0].master, told[0].partitions, told[0].available_now) == ("local[1]", 1, False)
    own = (told[0].source, told[0].checkpoint, told[0].dead_letters_to, started[0][1]["SPARK_LOCAL_DIRS"])
    assert all(each.removeprefix("file://").startswith(f"{folder.stream}/") for each in own)
    assert stream.published(folder) == told[0].source


def test_scratch_of_a_stream_that_was_killed_goes(
    tmp_path: Path, started: list[tuple[list[str], dict[str, str]]]
) -> None:
    folder = Folder.of(tmp_path)
    left = folder.stream / "scratch" / "spark-1"
    left.mkdir(parents=True)
    stream.start(folder, f"sqlite://{folder.online}", None)
    assert not left.exists()
    assert left.parent.is_dir()


def test_messages_are_counted_by_outcome() -> None:
    assert stream.counts(METRICS) == {"accepted": 1234, "dead": 2}
    assert stream.counts("") == {}
    assert stream.metrics(None) == stream.metrics(Process("stream", 1, 1, {"metrics_port": 9})) == ""


def test_one_that_is_not_wanted_any_more_is_ended(tmp_path: Path) -> None:
    folder = Folder.of(tmp_path)
    before = process.start(folder, stream.NAME, [sys.executable, "-c", "import time; time.sleep(60)"], {})
    with closing(open_pulses(f"sqlite://{tmp_path}/online.db", PIX)) as pulses:
        pulses.write(Pulse(1, 1))
        found = stream.kept(folder, f"sqlite://{tmp_path}/online.db", before, wanted=False)
        assert stream.said(found).startswith("none")
        until(lambda: not before.alive())
        assert pulses.read() is None


def test_one_that_ends_again_and_again_is_told(tmp_path: Path, started: list[tuple[list[str], dict[str, str]]]) -> None:
    kept = stream.kept(Folder.of(tmp_path), f"sqlite://{tmp_path}/x.db", None, wanted=True)
    assert kept is not None
    for _ in range(3):  # what is started is no process, so it has always ended
        kept.step()
    assert stream.said(kept) == "its process ended, failure 2 in a row; see `pixguard logs stream`"
    assert len(started) == 2
