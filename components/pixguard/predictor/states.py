"""Read the online state of payments within a deadline; say why where it cannot be had."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from typing import NamedTuple

from pixguard.online import StateKey
from pixguard.online_store import OnlineStore, StoreError
from pixguard.predictor.circuit import Circuit
from pixguard.predictor.freshness import Freshness

log = logging.getLogger(__name__)
DEADLINE_S = 0.020


class States(NamedTuple):
    """The state of each key asked for, or why there is none."""

    found: list[bytes | None]
    degraded: str | None = None  # store_timeout, store_error or circuit_open
    is_stale: bool = False  # they are there, but the stream that writes them is behind


class StateReader:
    """One store behind a deadline and a circuit."""

    def __init__(self, store: OnlineStore, *, deadline_s: float = DEADLINE_S, circuit: Circuit | None = None) -> None:
        self._store, self._deadline_s = store, deadline_s
        self._circuit = circuit or Circuit()
        self.freshness: Freshness | None = None

    async def aread(self, keys: Sequence[StateKey | None]) -> States:
        """Return the states in one round trip, without holding the event loop."""
        if not self._circuit.allows(time.monotonic()):
            return States([], "circuit_open")
        try:
            async with asyncio.timeout(self._deadline_s):
                found = await self._store.aread(keys)
        except TimeoutError:
            return self._failed("store_timeout", f"no answer within {self._deadline_s * 1000:.0f} ms")
        except StoreError as error:
            return self._failed("store_error", str(error))
        self._succeeded()
        return States(found, is_stale=self.freshness is not None and self.freshness.is_stale)

    def read(self, keys: Sequence[StateKey | None]) -> States:
        """Return the states; the store's own timeout is the deadline."""
        if not self._circuit.allows(time.monotonic()):
            return States([], "circuit_open")
        try:
            found = self._store.read(keys)
        except StoreError as error:
            return self._failed("store_error", str(error))
        self._succeeded()
        return States(found)

    async def aclose(self) -> None:
        """Close the store, on the event loop that read it."""
        await self._store.aclose()
        self._store.close()
        if self.freshness is not None:
            self.freshness.close()

    def _failed(self, reason: str, why: str) -> States:
        was_open = self._circuit.is_open
        self._circuit.failed(time.monotonic())
        if self._circuit.is_open and not was_open:
            log.warning("online store: %s; answering from training medians until it is back", why)
        return States([], reason)

    def _succeeded(self) -> None:
        if self._circuit.is_open:
            log.warning("online store: is back")
        self._circuit.succeeded()
