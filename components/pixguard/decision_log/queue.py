"""The queue between the request path and the log: put never waits, one thread writes, what is lost is counted."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

log = logging.getLogger(__name__)
CAPACITY = 20_000  # about 50 MB
INTERVAL_S = 0.02
LONGEST_PAUSE_S = 5.0
CHUNK = 1_000


class Sink(Protocol):
    """Where lines go. Only the writer thread calls it."""

    def write(self, lines: Sequence[bytes]) -> int:
        """Take lines in their order; return how many were taken. OSError: none were."""

    def tick(self) -> int:
        """Do what is due with time (fsync, delivery reports); return how many taken lines turned out to be lost."""

    def close(self, timeout_s: float) -> int:
        """Bring everything to rest within `timeout_s`; return how many lines were lost."""


class DecisionLog:
    """A bounded queue and its writer. `on_drop` hears how many decisions were lost, from any thread."""

    def __init__(
        self,
        sink: Sink,
        *,
        capacity: int = CAPACITY,
        on_drop: Callable[[int], None] | None = None,
        interval_s: float = INTERVAL_S,
    ) -> None:
        self._sink, self._capacity, self._interval_s = sink, capacity, interval_s
        self._lines: deque[bytes] = deque()
        self._on_drop = on_drop or (lambda _count: None)
        self._stop = threading.Event()
        self._closed = False
        self.dropped = 0
        self._count_lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="decision-log", daemon=True)
        self._thread.start()

    def put(self, line: bytes) -> None:
        """Queue a line, or count it as dropped where the queue is full or closed. Never blocks, takes no lock."""
        if self._closed or len(self._lines) >= self._capacity:
            self._drop(1)
        else:
            self._lines.append(line)

    @property
    def waiting(self) -> int:
        """How many lines wait."""
        return len(self._lines)

    def close(self, timeout_s: float = 10.0) -> int:
        """Write what waits, close the sink, and return how many decisions were dropped in all."""
        self._closed = True
        self._stop.set()
        self._thread.join(timeout_s)
        if self._thread.is_alive():
            self._drop(len(self._lines))
            log.error("decision log: the writer did not end within %.0f s", timeout_s)
        return self.dropped

    def _run(self) -> None:
        """Write every `interval_s`; while the sink refuses, keep the lines and wait longer each time.

        A look every few milliseconds costs less than waking this thread for each decision, and a chunk is one write.
        """
        pause = self._interval_s
        while not self._stop.wait(pause):
            pause = self._interval_s if self._drained() else min(pause * 2, LONGEST_PAUSE_S)
        if not self._drained():
            self._drop(len(self._lines))
        try:
            self._drop(self._sink.close(timeout_s=5.0))
        except OSError as error:
            log.error("decision log: closing failed: %s", error)

    def _drained(self) -> bool:
        """Hand over what waits, chunk by chunk; a line leaves the queue only when the sink has it."""
        try:
            while self._lines:
                chunk = [self._lines[place] for place in range(min(CHUNK, len(self._lines)))]
                taken = self._sink.write(chunk)
                for _ in range(taken):
                    self._lines.popleft()
                self._drop(self._sink.tick())
                if taken < len(chunk):
                    return False
            self._drop(self._sink.tick())
        except OSError as error:
            log.error("decision log: %s; %d decisions wait", error, len(self._lines))
            return False
        return True

    def _drop(self, count: int) -> None:
        if count:
            with self._count_lock:
                self.dropped += count
            self._on_drop(count)
