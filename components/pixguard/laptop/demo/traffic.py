"""Steady traffic for the demo: the lake's newest payments, sent one after the other at their own times and ids."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from itertools import cycle
from pathlib import Path
from queue import Empty, Queue
from types import TracebackType
from typing import Any, Self

import pyarrow.dataset as ds

from pixguard.client import Client, ClientError
from pixguard.payment import PAYMENT_SCHEMA


def payments_since(lake: Path, cut: datetime, until: datetime | None = None) -> list[dict[str, Any]]:
    """Return the payments from `cut` on, in order of time, as a client would send them."""
    chosen = ds.field("event_time") >= cut
    if until is not None:
        chosen &= ds.field("event_time") < until
    table = ds.dataset(lake / "payments", partitioning="hive").to_table(columns=PAYMENT_SCHEMA.names, filter=chosen)
    rows = table.sort_by([("event_time", "ascending"), ("end_to_end_id", "ascending")]).to_pylist()
    return [{name: value for name, value in row.items() if value is not None} for row in rows]


class Traffic:
    """Sends `per_second` payments from a few threads until the block ends; answers are counted by version."""

    def __init__(self, url: str, payments: list[dict[str, Any]], per_second: float, threads: int = 4) -> None:
        self._url, self._pause_s = url, threads / per_second
        self._waiting: Queue[dict[str, Any]] = Queue(maxsize=threads * 4)
        self._source: Iterator[dict[str, Any]] = cycle(payments)
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._send, daemon=True) for _ in range(threads)]
        self.answers: Counter[str] = Counter()  # "<version> <decision>", or the name of an error

    def __enter__(self) -> Self:
        """Begin to send."""
        for thread in (threading.Thread(target=self._feed, daemon=True), *self._threads):
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let what was sent be answered, and end."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    @property
    def sent(self) -> int:
        """Payments that were answered or failed."""
        return sum(self.answers.values())

    @property
    def failed(self) -> int:
        """Payments that got no decision."""
        return sum(count for name, count in self.answers.items() if name.endswith("Error"))

    def _feed(self) -> None:
        for payment in self._source:
            if self._stop.is_set():
                return
            self._waiting.put(payment)

    def _send(self) -> None:
        with Client(self._url, timeout_s=5.0, tries=1) as client:
            while not self._stop.is_set():
                began = time.monotonic()
                try:
                    told = self._ask(client, self._waiting.get(timeout=0.5))
                except Empty:
                    continue
                with self._lock:
                    self.answers[told] += 1
                self._stop.wait(max(0.0, self._pause_s - (time.monotonic() - began)))

    def _ask(self, client: Client, payment: dict[str, Any]) -> str:
        try:
            answer = client.decide(payment)
        except ClientError as error:
            return type(error).__name__
        return f"{answer.version} {answer.decision}"
