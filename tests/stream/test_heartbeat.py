"""Until when nothing is missing: after a batch, while idle, and where a limit cut a batch short."""

from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest

from pixguard.online_store import StoreError
from pixguard.pulse import Pulse
from pixguard.stream.heartbeat import Heartbeat, Signs, us_of

AT = "2026-01-02T03:04:05.678Z"
AT_US = 1_767_323_045_678_000


def progress(batch: int, at: str = AT, newest: str | None = None) -> Any:
    told = {"batchId": batch, "timestamp": at, "eventTime": {"max": newest} if newest else {}}
    return SimpleNamespace(
        progress=lambda: SimpleNamespace(**{name: partial(lambda x: x, it) for name, it in told.items()})
    )


def idle(at: str) -> Any:
    return SimpleNamespace(timestamp=lambda: at)


def test_a_time_of_spark_is_microseconds() -> None:
    assert us_of(AT) == AT_US


def test_a_batch_that_took_all_is_as_of_its_beginning_and_an_idle_stream_as_of_its_last_look() -> None:
    told: list[Pulse] = []
    heart = Heartbeat(told.append, is_limited=False)
    heart.onQueryProgress(progress(4))
    heart.onQueryIdle(idle("2026-01-02T03:04:07.678Z"))
    assert told == [Pulse(4, AT_US), Pulse(4, AT_US + 2_000_000)]


def test_a_batch_that_a_limit_cut_short_is_as_of_its_newest_event() -> None:
    told: list[Pulse] = []
    heart = Heartbeat(told.append, is_limited=True)
    heart.onQueryProgress(progress(0))  # says nothing of time: nothing is known
    heart.onQueryProgress(progress(1, newest="2026-01-01T00:00:00.000Z"))
    heart.onQueryProgress(progress(2, newest="2026-02-01T00:00:00.000Z"))  # ahead of the clock
    assert [pulse.batch for pulse in told] == [1, 2]
    assert [pulse.as_of_us - AT_US for pulse in told] == [us_of("2026-01-01T00:00:00.000Z") - AT_US, 0]


def test_time_never_goes_back() -> None:
    told: list[Pulse] = []
    heart = Heartbeat(told.append, is_limited=True)
    heart.onQueryIdle(idle(AT))
    heart.onQueryProgress(progress(5, newest="2026-01-01T00:00:00.000Z"))
    assert told == [Pulse(-1, AT_US), Pulse(5, AT_US)]


class Pulses:
    def __init__(self) -> None:
        self.written: list[Pulse] = []
        self.fails = False

    def read(self) -> Pulse | None:
        return None

    def write(self, pulse: Pulse) -> None:
        if self.fails:
            raise StoreError("online store: away")
        self.written.append(pulse)

    def forget(self) -> None: ...

    def close(self) -> None: ...


def test_requests_see_one_query_and_the_cleaner_waits_for_all(caplog: pytest.LogCaptureFixture) -> None:
    pulses = Pulses()
    signs = Signs(pulses)
    assert signs.all_done_us == 0
    state, dead = signs.of("state", is_pulse=True), signs.of("dead_letters")
    state(Pulse(1, 100))
    assert signs.all_done_us == 0
    dead(Pulse(0, 40))
    assert signs.all_done_us == 40
    assert pulses.written == [Pulse(1, 100)]
    pulses.fails = True
    state(Pulse(2, 200))
    assert "away" in caplog.text
