"""Stale is what the stream has not caught up with, never what merely is quiet."""

import asyncio
import math
import time

import pytest

from pixguard.online_store import StoreError
from pixguard.predictor.freshness import Freshness
from pixguard.predictor.metrics import Metrics
from pixguard.pulse import Pulse


class Pulses:
    """A stream's pulse as told, or none, or a store that is away."""

    def __init__(self) -> None:
        self.as_of_s: float | None = None
        self.fails = False

    def read(self) -> Pulse | None:
        if self.fails:
            raise StoreError("online store: away")
        return None if self.as_of_s is None else Pulse(3, int(self.as_of_s * 1e6))

    def write(self, pulse: Pulse) -> None: ...

    def forget(self) -> None: ...

    def close(self) -> None: ...


@pytest.fixture
def pulses() -> Pulses:
    return Pulses()


@pytest.fixture
def freshness(pulses: Pulses) -> Freshness:
    return Freshness(pulses, Metrics("m", "v").stream_lag, stale_after_s=5)


def lag(freshness: Freshness) -> float:
    return float(freshness._gauge._value.get())


def test_without_a_stream_nothing_is_stale(freshness: Freshness) -> None:
    asyncio.run(freshness.look())
    assert not freshness.is_stale
    assert math.isnan(lag(freshness))


def test_a_stream_that_is_behind_is_stale_until_it_catches_up(
    pulses: Pulses, freshness: Freshness, caplog: pytest.LogCaptureFixture
) -> None:
    told = []
    for behind_s in (1, 60, 600, 2):
        pulses.as_of_s = time.time() - behind_s
        asyncio.run(freshness.look())
        told.append(freshness.is_stale)
        assert lag(freshness) == pytest.approx(behind_s, abs=1)
    assert told == [False, True, True, False]
    assert len(caplog.records) == 2


def test_a_clock_that_is_ahead_of_ours_is_no_lag(pulses: Pulses, freshness: Freshness) -> None:
    pulses.as_of_s = time.time() + 30
    asyncio.run(freshness.look())
    assert (freshness.is_stale, lag(freshness)) == (False, 0)


def test_what_was_known_grows_old_while_the_store_is_away(pulses: Pulses, freshness: Freshness) -> None:
    pulses.as_of_s = time.time() - 4.9
    asyncio.run(freshness.look())
    assert not freshness.is_stale
    pulses.fails = True
    time.sleep(0.2)
    asyncio.run(freshness.look())
    assert freshness.is_stale


def test_it_keeps_looking(pulses: Pulses, freshness: Freshness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pixguard.predictor.freshness.LOOK_S", 0.01)

    async def story() -> bool:
        watching = asyncio.create_task(freshness.watch())
        pulses.as_of_s = time.time() - 60
        deadline = time.monotonic() + 10
        while not freshness.is_stale and time.monotonic() < deadline:
            await asyncio.sleep(0.01)
        watching.cancel()
        return freshness.is_stale

    assert asyncio.run(story())
