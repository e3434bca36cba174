"""Whether the stream keeps up, asked beside the requests: a key that is quiet says nothing about it."""

from __future__ import annotations

import asyncio
import logging
import math
import time

from prometheus_client import Gauge

from pixguard.online_store import StoreError
from pixguard.pulse import Pulses

log = logging.getLogger(__name__)
LOOK_S = 1.0
STALE_AFTER_S = 10.0
"""A Pix is promised to end within 10 s (IN BCB 5/2020): state that is further behind misses payments that are over."""


class Freshness:
    """The stream's lag, as far as this process knows it; where no stream writes, nothing is ever stale."""

    def __init__(self, pulses: Pulses, gauge: Gauge, stale_after_s: float = STALE_AFTER_S) -> None:
        self._pulses, self._gauge, self._stale_after_s = pulses, gauge, stale_after_s
        self._as_of_us: int | None = None
        self.is_stale = False

    async def watch(self) -> None:
        """Look once a second until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        """Ask the store; while it does not answer, what was seen last grows old."""
        why = ""
        try:
            pulse = await asyncio.to_thread(self._pulses.read)
            self._as_of_us = None if pulse is None else pulse.as_of_us
        except StoreError as error:
            why = f" ({error})"
        lag_s = math.nan if self._as_of_us is None else max(0.0, time.time() - self._as_of_us / 1e6)
        self._gauge.set(lag_s)
        if self.is_stale is not (lag_s > self._stale_after_s):
            self.is_stale = not self.is_stale
            said = "stale" if self.is_stale else "not stale any more"
            log.warning("online state is %s: the stream is %.1f s behind%s", said, lag_s, why)

    def close(self) -> None:
        """Let go of the store."""
        self._pulses.close()
