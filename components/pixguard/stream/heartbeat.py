"""Hears Spark tell of batches and of idle moments, and says until when all that the source held has been worked off."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from pyspark.java_gateway import ensure_callback_server_started
from pyspark.sql import SparkSession

from pixguard.online_store import StoreError
from pixguard.pulse import Pulse, Pulses

log = logging.getLogger(__name__)
EVERY_S = 1.0
SETTINGS = {"spark.sql.streaming.noDataProgressEventInterval": f"{EVERY_S:g}s"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Beat = Callable[[Pulse], None]
Progress = Mapping[str, Any]
"""What Spark tells of a batch."""


class Heartbeat:
    """Tells `beat` after every batch, and about once a second while there is nothing to do.

    A batch that took all there was leaves nothing missing from before it began. One that a limit cut short says so only
    of what happened before its newest event. Time never goes back: what was not missing once is there. `progressed`
    hears all that Spark tells of a batch.

    Java calls it as it is: pyspark's own listener takes each event apart, which costs 40 ms of CPU a batch.
    """

    class Java:
        """What py4j asks for."""

        implements = ("org.apache.spark.sql.streaming.PythonStreamingQueryListener",)

    def __init__(self, beat: Beat, *, is_limited: bool, progressed: Callable[[Progress], None] | None = None) -> None:
        self._beat, self._is_limited, self._progressed = beat, is_limited, progressed
        self._last = Pulse(-1, 0)
        self.ended = threading.Event()

    def listen(self, session: SparkSession) -> None:
        """Hear of the queries that this session starts from now on."""
        ensure_callback_server_started(session.sparkContext._gateway)  # type: ignore[no-untyped-call]
        java = session._jvm.org.apache.spark.sql.streaming  # type: ignore[union-attr] # there is one: no Connect client
        session._jsparkSession.streams().addListener(java.PythonStreamingQueryListenerWrapper(self))

    def onQueryStarted(self, _event: Any) -> None:  # noqa: N802 - Spark's name
        """Take no notice: nothing is known yet."""

    def onQueryProgress(self, event: Any) -> None:  # noqa: N802 - Spark's name
        """Take a batch that is visible and committed."""
        told = event.progress()
        as_of_us = us_of(told.timestamp())
        if self._is_limited:
            newest = told.eventTime().get("max")
            as_of_us = min(as_of_us, us_of(newest) if newest else 0)
        self._tell(told.batchId(), as_of_us)
        if self._progressed is not None:
            self._progressed(json.loads(told.json()))

    def onQueryIdle(self, event: Any) -> None:  # noqa: N802 - Spark's name
        """Take a look at the source that found nothing new."""
        self._tell(self._last.batch, us_of(event.timestamp()))

    def onQueryTerminated(self, _event: Any) -> None:  # noqa: N802 - Spark's name
        """Note that nothing more is told: the pulse stops."""
        self.ended.set()

    def _tell(self, batch: int, as_of_us: int) -> None:
        self._last = Pulse(batch, max(as_of_us, self._last.as_of_us))
        if self._last.as_of_us:
            self._beat(self._last)


class Signs:
    """What the heartbeats of several queries come to: the pulse of one, and until when all of them are done."""

    def __init__(self, pulses: Pulses) -> None:
        self._pulses = pulses
        self._as_of_us: dict[str, int] = {}

    def of(self, query: str, *, is_pulse: bool = False) -> Beat:
        """Return what hears a query's heartbeat; with `is_pulse` it is the stream's own, which requests see."""
        self._as_of_us[query] = 0

        def beat(pulse: Pulse) -> None:
            self._as_of_us[query] = pulse.as_of_us
            if is_pulse:
                self._write(pulse)

        return beat

    @property
    def all_done_us(self) -> int:
        """Return the time until which all queries have worked off what the source held, 0 while it is not known."""
        return min(self._as_of_us.values(), default=0)

    def _write(self, pulse: Pulse) -> None:
        try:
            self._pulses.write(pulse)
        except StoreError as error:  # the next batch meets it too, and stops; an idle stream tries again in a second
            log.warning("%s", error)


def us_of(timestamp: str) -> int:
    """Return microseconds UTC of a time as Spark writes it: 2026-01-02T03:04:05.678Z."""
    return (datetime.fromisoformat(timestamp) - _EPOCH) // timedelta(microseconds=1)
