"""Asking a server how it is, beside the plane's loop: one that hangs must not make the plane hang."""

from __future__ import annotations

import contextlib
import http.client
import time
from concurrent.futures import Future, ThreadPoolExecutor

from pixguard.laptop.plane.container import Probe


def answers(port: int, path: str, timeout_s: float) -> bool:
    """Return whether a GET is answered with a success in time."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout_s)
    with contextlib.closing(connection):
        try:
            connection.request("GET", path)
            return 200 <= connection.getresponse().status < 400
        except (OSError, http.client.HTTPException):
            return False


class Asking:
    """One probe of one server: asked every `period_s`, its failures in a row counted."""

    def __init__(self, probe: Probe, port: int) -> None:
        self.probe = probe
        self.failures = 0
        self.answered = False  # whether it ever answered well
        self._port = port
        self._next = 0.0
        self._pending: Future[bool] | None = None

    @property
    def good(self) -> bool:
        """Return whether the server answered, and did not fail too often since."""
        return self.answered and self.failures < self.probe.failures

    def step(self, pool: ThreadPoolExecutor, period_s: float | None = None) -> None:
        """Take an answer that came, and ask again when it is time."""
        if self._pending is not None and self._pending.done():
            good, self._pending = self._pending.result(), None
            self.answered |= good
            self.failures = 0 if good else self.failures + 1
        if self._pending is None and time.monotonic() >= self._next:
            self._next = time.monotonic() + (period_s or self.probe.period_s)
            self._pending = pool.submit(answers, self._port, self.probe.path, self.probe.timeout_s)

    def ask_now(self) -> None:
        """Ask once and wait for the answer: for a server found running."""
        self.answered = answers(self._port, self.probe.path, self.probe.timeout_s)
