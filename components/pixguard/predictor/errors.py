"""What a request can be refused for, each with the HTTP status that says it.

RequestError
├── InputError      400  a body, a tensor or a field that breaks the contract
├── TooLargeError   413  a body beyond the limit
├── ConflictError   409  another payment under an end_to_end_id that was decided
├── OverloadError   429  more payments wait than the queue holds
└── NotReadyError   503  no version is loaded, or the process is ending
"""

from __future__ import annotations

from pixguard.errors import PixguardError


class RequestError(PixguardError):
    """A request that gets no answer; `field` is the one to look at, if any. The message never holds a value."""

    status = 500
    outcome = "error"

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class InputError(RequestError):
    """A body, a tensor or a field that breaks the contract."""

    status = 400
    outcome = "bad_request"


class TooLargeError(RequestError):
    """A body beyond the limit."""

    status = 413
    outcome = "bad_request"


class ConflictError(RequestError):
    """Another payment under an end_to_end_id that was decided."""

    status = 409
    outcome = "bad_request"


class OverloadError(RequestError):
    """More payments wait than the queue holds."""

    status = 429
    outcome = "overload"


class NotReadyError(RequestError):
    """No version is loaded, or the process is ending."""

    status = 503
    outcome = "error"
