"""Answers that were given, by end_to_end_id: a payment asked about twice gets the very same bytes.

Bounded in number and in time. It belongs to one replica; another one decides the same payment anew, from the state of
that moment.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from hashlib import blake2b
from typing import NamedTuple

from pixguard.predictor.errors import ConflictError

CAPACITY = 100_000
TTL_S = 900.0  # a Pix ends within a minute and a half; clients repeat within seconds


class _Kept(NamedTuple):
    digest: bytes
    until: float
    answer: bytes | asyncio.Future[bytes]


def digest(payment: bytes) -> bytes:
    """Return what tells a payment, written as JSON, from every other."""
    return blake2b(payment, digest_size=16).digest()


class Memory:
    """At most `capacity` answers, none older than `ttl_s`; the oldest go first."""

    def __init__(self, capacity: int = CAPACITY, ttl_s: float = TTL_S) -> None:
        self._capacity, self._ttl_s = capacity, ttl_s
        self._kept: OrderedDict[str, _Kept] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, end_to_end_id: str, payment_digest: bytes, now: float) -> bytes | asyncio.Future[bytes] | None:
        """Return the answer, the promise of one that is being worked on, or None; ConflictError on another payment."""
        kept = self._kept.get(end_to_end_id)
        if kept is None:
            return None
        if kept.until < now:
            del self._kept[end_to_end_id]
            return None
        if kept.digest != payment_digest:
            raise ConflictError(
                "end_to_end_id: another payment was decided under it, wanted the same fields or an id of its own",
                "end_to_end_id",
            )
        return kept.answer

    def put(self, end_to_end_id: str, payment_digest: bytes, answer: bytes | asyncio.Future[bytes], now: float) -> None:
        """Keep an answer or the promise of one."""
        self._kept[end_to_end_id] = _Kept(payment_digest, now + self._ttl_s, answer)
        while len(self._kept) > self._capacity or next(iter(self._kept.values())).until < now:
            self._kept.popitem(last=False)

    def forget(self, end_to_end_id: str) -> None:
        """Drop a promise that was not kept."""
        self._kept.pop(end_to_end_id, None)
