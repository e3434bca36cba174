"""The feature stream as one of the plane's processes: what is published becomes state, whoever is killed meanwhile."""

from __future__ import annotations

import os
import signal
import urllib.request
from collections.abc import Iterator, Sequence

import pytest

from pixguard.features import PIX
from pixguard.laptop.plane import process, stream
from pixguard.laptop.plane.commands import logs, status
from pixguard.laptop.plane.process import Process
from pixguard.online import OnlineFeatures
from pixguard.online_store import open_online_store
from pixguard.payment import Payment
from pixguard.producer import open_sender
from pixguard.state import header, layouts
from tests.predictor.world import as_json, payments

from .world import Plane, until

PAST = payments(300)
KEYS = [key for each in PAST for key in OnlineFeatures(PIX).keys(each) if key is not None and key.entity == "pair"]


@pytest.fixture
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plane]:
    made = Plane(tmp_path_factory.mktemp("stream"))
    try:
        made.up(made.keep("first"), stream=True)
        yield made
    finally:
        made.down()
        assert process.marked(made.folder) == []


def publish(plane: Plane, some: Sequence[Payment]) -> None:
    sender = open_sender(plane.addresses["publish"])
    for each in some:
        sender.send("payment", as_json(each))
    sender.close()


def events(plane: Plane) -> int:
    """Return how many payments the states of all pairs hold, read as a server reads them."""
    store = open_online_store(plane.addresses["online_store"], PIX)
    try:
        blobs = store.read(sorted(set(KEYS)))
    finally:
        store.close()
    return sum(header(layouts(PIX)["pair"], blob).events for blob in blobs if blob is not None)


def running(plane: Plane) -> Process:
    return next(each for each in process.recorded(plane.folder) if each.name == stream.NAME)


def shown(plane: Plane, capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    status.main(["--state", str(plane.folder.root)])
    return next(line for line in capsys.readouterr().out.splitlines() if line.startswith("stream"))


def test_what_is_published_becomes_state_once_though_stream_and_plane_are_killed(
    plane: Plane, capsys: pytest.CaptureFixture[str]
) -> None:
    assert events(plane) == 0  # nobody is known yet, which is no error
    publish(plane, PAST[:100])
    until(lambda: events(plane) == 100, 120)
    before = running(plane)
    until(lambda: "100 accepted, 0 duplicate, 0 late, 0 dead" in shown(plane, capsys))
    with urllib.request.urlopen(plane.addresses["metrics_url"], timeout=30) as answer:
        assert "pixguard_stream_freshness_seconds_bucket" in answer.read().decode()
    assert logs.main(["--state", str(plane.folder.root), "stream"]) == 0
    assert "reading file://" in capsys.readouterr().out

    os.kill(plane.pid("plane"), signal.SIGKILL)
    until(lambda: not plane.running)
    publish(plane, PAST[90:200])  # ten of them a second time
    plane.up(stream=True)
    assert running(plane) == before  # the next plane takes it over
    before.signal(signal.SIGKILL)
    publish(plane, PAST[200:])
    until(lambda: running(plane) != before)
    until(lambda: events(plane) == len(PAST), 120)

    os.kill(plane.pid("plane"), signal.SIGKILL)
    until(lambda: not plane.running)
    last = running(plane)
    plane.up(stream=False)
    until(lambda: not last.alive())
    until(lambda: shown(plane, capsys).endswith("--no-stream"))
