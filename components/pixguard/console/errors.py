"""What can go wrong in the console.

ConsoleError
├── RefusedError   a request that gets nothing: who asks, or how, is not right
└── VerdictError   a verdict that cannot be taken
"""

from __future__ import annotations

from pixguard.errors import PixguardError


class ConsoleError(PixguardError):
    """The console cannot do what was asked."""


class RefusedError(ConsoleError):
    """A request that gets nothing; `status` is the HTTP status. The message never repeats what was sent."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class VerdictError(RefusedError):
    """A verdict that cannot be taken, and why."""
