"""A process that is started again whenever it ends: at once the first time, then ever more slowly."""

from __future__ import annotations

import time
from collections.abc import Callable

from pixguard.laptop.plane import rules
from pixguard.laptop.plane.process import Process

STEADY_S = 30.0  # running for so long, it is no crash loop any more


class Kept:
    """One process, made by `make`, which is told the process before."""

    def __init__(self, make: Callable[[Process | None], Process], before: Process | None) -> None:
        self._make = make
        self._before = before
        self._failures = 0
        self._again = 0.0
        self._since = time.monotonic()
        self.running = before if before is not None and before.alive() else None

    @property
    def failures(self) -> int:
        """Return how often it ended in a row."""
        return self._failures

    def step(self) -> bool:
        """Start it where it does not run; return whether another process runs now than at the last step."""
        now = time.monotonic()
        if self.running is not None and not self.running.alive():
            self._failures = 1 if now - self._since > STEADY_S else self._failures + 1
            self._again = now + rules.wait_s(self._failures)
            self._before, self.running = self.running, None
        if self.running is None and now >= self._again:
            self.running, self._since = self._make(self._before), now
            return True
        return False
