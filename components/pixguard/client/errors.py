"""What a request can end with instead of an answer; no message holds a value of a payment.

ClientError
├── RefusedError       a payment or the batch breaks the contract: do not send it again as it is; `field` says what is
│                      wrong, `index` in which payment of the batch
├── ConflictError      another payment was decided under this end_to_end_id: find out which one is right
├── BusyError          the server has more work than it takes on; `retry_after_s` says when to come back
├── ServerError        the server failed, or no version is ready there; `status` is its HTTP status
├── UnreachableError   no answer within the deadline: nobody knows whether it was decided; ask again with the same id
└── AnswerError        an answer that is not one: another service, or another version of the API
"""

from pixguard.errors import PixguardError


class ClientError(PixguardError):
    """Base of what a call of the client raises."""


class RefusedError(ClientError):
    """A payment or the batch breaks the contract; `status` is None where the client itself refused to send it."""

    def __init__(
        self, message: str, field: str | None = None, index: int | None = None, status: int | None = None
    ) -> None:
        super().__init__(message)
        self.field, self.index, self.status = field, index, status


class ConflictError(RefusedError):
    """Another payment was decided under this end_to_end_id."""


class BusyError(ClientError):
    """The server has more work than it takes on."""

    def __init__(self, message: str, retry_after_s: float = 1.0) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class ServerError(ClientError):
    """The server failed, or no version is ready there."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class UnreachableError(ClientError):
    """No answer came within the deadline."""


class AnswerError(ClientError):
    """An answer that is not one."""
