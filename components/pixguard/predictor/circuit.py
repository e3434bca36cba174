"""When to stop asking a store that does not answer, and when to try it again."""

from __future__ import annotations

FAILURES = 5
OPEN_S = 1.0


class Circuit:
    """Closed until `failures` reads in a row fail; then one read in `open_s` seconds tries again, others are spared.

    Times are seconds of a clock that never goes back.
    """

    def __init__(self, failures: int = FAILURES, open_s: float = OPEN_S) -> None:
        self._limit, self._open_s = failures, open_s
        self._failed = 0
        self._try_at = 0.0

    @property
    def is_open(self) -> bool:
        """Tell whether reads are spared."""
        return self._failed >= self._limit

    def allows(self, now: float) -> bool:
        """Tell whether to read; while open, the read that is let through is the one trial of this period."""
        if self._failed < self._limit:
            return True
        if now < self._try_at:
            return False
        self._try_at = now + self._open_s
        return True

    def failed(self, now: float) -> None:
        """Note a read that failed or came too late."""
        self._failed += 1
        self._try_at = now + self._open_s

    def succeeded(self) -> None:
        """Note a read that came in time: all is well again."""
        self._failed = 0
