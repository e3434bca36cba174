"""The client itself: one pooled connection, a deadline for the whole call, and another try where it is safe.

Asking again is safe: the server decides an `end_to_end_id` once and repeats its answer, so a request of which nobody
knows whether it arrived is sent again as it was. What the server refused is never sent again. Hosts that failed in step
must not come back in step: waits are drawn at random (full jitter: Brooker, "Exponential Backoff And Jitter").
"""

import random
import re
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import httpx

from pixguard.client.answer import Answer
from pixguard.client.errors import (
    AnswerError,
    BusyError,
    ClientError,
    ConflictError,
    RefusedError,
    ServerError,
    UnreachableError,
)
from pixguard.client.protocols import PROTOCOLS
from pixguard.payment import Payment, PaymentError, check_one

FIRST_WAIT_S = 0.02
SHORTEST_S = 0.001
_REFUSED = frozenset({400, 404, 405, 413, 415, 422})
_PLACED = re.compile(r"(?:instances|payments)\[([0-9]+)\]\.(.+)")
_TRY_AGAIN = frozenset({429, 500, 502, 503, 504})


class Client:
    """Asks the model at `url` for decisions; close it, or use it in a `with`. Threads may share one.

    `timeout_s` is the deadline of a whole call, tries and waits included: a payment cannot wait for a better answer.
    """

    def __init__(
        self,
        url: str,
        *,
        model: str = "pix-fraud",
        protocol: str = "v1",
        timeout_s: float = 1.0,
        tries: int = 3,
        headers: Mapping[str, str] | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        if protocol not in PROTOCOLS:
            raise ClientError(f"protocol {protocol!r}: wanted one of {', '.join(PROTOCOLS)}")
        if timeout_s <= 0 or tries < 1:
            raise ClientError("wanted a deadline above 0 seconds and 1 try or more")
        self._spoken, self._path = PROTOCOLS[protocol], PROTOCOLS[protocol].path(model)
        self._timeout_s, self._tries = timeout_s, tries
        self._http = httpx.Client(base_url=url, headers=dict(headers or {}), transport=transport, trust_env=False)

    def decide(self, payment: Payment | Mapping[str, Any]) -> Answer:
        """Return the decision on one payment; RefusedError names the field that is wrong, before anything is sent."""
        return self.decide_all([payment])[0]

    def decide_all(self, payments: Sequence[Payment | Mapping[str, Any]]) -> list[Answer]:
        """Return a decision for each payment, in their order."""
        if not payments:
            return []
        checked = [_checked(payment, index) for index, payment in enumerate(payments)]
        answers = self._spoken.answers(self._ask(self._spoken.ask(checked)))
        asked = [payment.end_to_end_id for payment in checked]
        if [answer.end_to_end_id for answer in answers] != asked:
            raise AnswerError("end_to_end_id: the answers are not those to the payments that were sent")
        return answers

    def is_ready(self) -> bool:
        """Say whether a version is ready to decide; False too when nobody answers within the deadline."""
        try:
            return self._http.get("/v2/health/ready", timeout=self._timeout_s).status_code == 200
        except httpx.TransportError:
            return False

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        """Return the client itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        self.close()

    def _ask(self, body: dict[str, Any]) -> Any:
        """Send until an answer, a refusal, the last try or the deadline; raise what the last try ended with."""
        end = time.monotonic() + self._timeout_s
        for attempt in range(1, self._tries + 1):
            try:
                return self._once(body, end)
            except (BusyError, ServerError, UnreachableError) as error:
                wait = _wait(attempt, error)
                if attempt == self._tries or not _is_safe(error) or time.monotonic() + wait >= end:
                    raise
                time.sleep(wait)
        raise AssertionError("a try always returns or raises")

    def _once(self, body: dict[str, Any], end: float) -> Any:
        try:
            response = self._http.post(self._path, json=body, extensions={"timeout": _Left(end)})
        except httpx.TimeoutException as error:
            raise UnreachableError(f"no answer within {self._timeout_s:g} s: ask again with the same id") from error
        except httpx.TransportError as error:
            raise UnreachableError(f"{self._http.base_url} cannot be reached: {type(error).__name__}") from error
        if response.status_code != 200:
            raise _refusal(response)
        try:
            return response.json()
        except ValueError as error:
            raise AnswerError("the answer is no JSON: is this the scoring API of pixguard?") from error


class _Left(dict[str, float]):
    """What httpx takes for the time-outs of connecting, writing and reading: for each, what is left when it begins."""

    def __init__(self, end: float) -> None:
        super().__init__()
        self._end = end

    def get(self, name: str, default: Any = None) -> float:  # noqa: ARG002  (httpcore asks with a default)
        """Return the seconds until the deadline."""
        return max(self._end - time.monotonic(), SHORTEST_S)


def _checked(payment: Payment | Mapping[str, Any], index: int) -> Payment:
    if isinstance(payment, Payment):
        return payment
    try:
        return check_one(payment)
    except PaymentError as error:
        raise RefusedError(str(error), error.field, index) from error


def _refusal(response: httpx.Response) -> ClientError:
    """Return the error that a response stands for, with the server's own words where it gave any."""
    status = response.status_code
    message, field, index = _said(response)
    if status == 409:
        return ConflictError(message, field or "end_to_end_id", index, status)
    if status == 429:
        return BusyError(message, _retry_after_s(response))
    if status in _REFUSED:
        return RefusedError(message, field, index, status)
    return ServerError(message, status)


def _said(response: httpx.Response) -> tuple[str, str | None, int | None]:
    """Return the server's message, the field and the payment's place in the batch, as far as it says them."""
    try:
        found = response.json()
    except ValueError:
        found = None
    if not isinstance(found, dict) or not isinstance(found.get("error"), str):
        return f"the server answered {response.status_code} without a reason of ours", None, None
    field = found.get("field")
    if not isinstance(field, str):
        return found["error"], None, None
    placed = _PLACED.fullmatch(field)
    return (found["error"], placed[2], int(placed[1])) if placed else (found["error"], field, None)


def _retry_after_s(response: httpx.Response) -> float:
    said = response.headers.get("retry-after", "")
    return float(said) if said.isdigit() else 1.0


def _is_safe(error: ClientError) -> bool:
    return not isinstance(error, ServerError) or error.status in _TRY_AGAIN


def _wait(attempt: int, error: ClientError) -> float:
    """Return how long to wait before the next try: as long as the server asks, else a random part of a growing time."""
    if isinstance(error, BusyError):
        return error.retry_after_s
    return random.uniform(0, FIRST_WAIT_S * 2**attempt)  # noqa: S311  (nothing secret hangs on it)
