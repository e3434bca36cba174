import threading
import time
from collections.abc import Sequence

from pixguard.decision_log import DecisionLog
from tests.decision_log.records import line


class Kept:
    """A sink that keeps lines, and refuses them while told to."""

    def __init__(self, takes: int = 10**9) -> None:
        self.lines: list[bytes] = []
        self.refuses = threading.Event()
        self.takes, self.lost, self.closed = takes, 0, False

    def write(self, lines: Sequence[bytes]) -> int:
        if self.refuses.is_set():
            raise OSError("disk full")
        taken = list(lines[: self.takes])
        self.lines += taken
        return len(taken)

    def tick(self) -> int:
        lost, self.lost = self.lost, 0
        return lost

    def close(self, timeout_s: float) -> int:
        self.closed = True
        return 0


def test_every_line_arrives_in_order_and_close_waits_for_it() -> None:
    sink = Kept()
    log = DecisionLog(sink)
    lines = [line(n) for n in range(5000)]
    for each in lines:
        log.put(each)
    assert log.close() == 0
    assert sink.lines == lines
    assert sink.closed


def test_a_full_queue_drops_counts_and_never_waits() -> None:
    sink, heard = Kept(), []
    sink.refuses.set()
    log = DecisionLog(sink, capacity=100, on_drop=heard.append, interval_s=0.005)
    began = time.monotonic()
    for n in range(250):
        log.put(line(n))
    assert time.monotonic() - began < 1
    assert log.waiting == 100
    assert log.dropped == sum(heard) == 150
    sink.refuses.clear()
    assert log.close() == 150
    assert len(sink.lines) == 100


def test_what_waits_survives_a_sink_that_is_away_for_a_while() -> None:
    sink = Kept()
    sink.refuses.set()
    log = DecisionLog(sink, interval_s=0.005)
    for n in range(20):
        log.put(line(n))
    time.sleep(0.05)
    sink.refuses.clear()
    log.put(line(20))
    assert log.close() == 0
    assert sink.lines == [line(n) for n in range(21)]


def test_a_sink_that_takes_a_part_is_offered_the_rest_again() -> None:
    sink = Kept(takes=3)
    log = DecisionLog(sink, interval_s=0.001)
    for n in range(10):
        log.put(line(n))
    deadline = time.monotonic() + 10
    while log.waiting and time.monotonic() < deadline:
        time.sleep(0.01)
    assert log.close() == 0
    assert sink.lines == [line(n) for n in range(10)]


def test_losses_that_the_sink_reports_are_counted() -> None:
    sink, heard = Kept(), []
    log = DecisionLog(sink, on_drop=heard.append)
    sink.lost = 4
    log.put(line())
    assert log.close() == 4
    assert sum(heard) == 4


def test_what_cannot_be_written_at_the_end_is_counted() -> None:
    sink = Kept()
    sink.refuses.set()
    log = DecisionLog(sink, interval_s=0.001)
    for n in range(7):
        log.put(line(n))
    assert log.close() == 7
    log.put(line())
    assert log.dropped == 8
