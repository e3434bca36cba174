"""Payments at a steady rate, each under an id of its own, and what became of every one of them."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp
import orjson

from pixguard.decision_log import read_segments
from pixguard.payment import Payment

PATH = "/v1/models/pix-fraud:predict"


@dataclass(frozen=True)
class Answer:
    end_to_end_id: str
    sent: float
    status: int  # 0: no answer
    degraded: bool = False


class Load:
    """`rate` payments a second from a thread of its own while the block runs."""

    def __init__(self, url: str, payments: Iterator[dict[str, Any]], rate: float) -> None:
        self._url, self._payments, self._rate = url + PATH, payments, rate
        self.answers: list[Answer] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def degraded(self) -> int:
        return sum(each.degraded for each in list(self.answers))

    async def _run(self) -> None:
        connector, timeout = aiohttp.TCPConnector(limit=0), aiohttp.ClientTimeout(total=10)
        async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
            tasks, began, count = set(), time.monotonic(), 0
            while not self._stop.is_set():
                await asyncio.sleep(max(began + count / self._rate - time.monotonic(), 0))
                task = asyncio.create_task(self._ask(session, next(self._payments)))
                tasks.add(task)
                task.add_done_callback(tasks.discard)
                count += 1
            await asyncio.gather(*tasks)

    async def _ask(self, session: aiohttp.ClientSession, payment: dict[str, Any]) -> None:
        name, sent = payment["end_to_end_id"], time.monotonic()
        try:
            async with session.post(self._url, data=orjson.dumps({"instances": [payment]})) as answer:
                found = orjson.loads(await answer.read()) if answer.status == 200 else {}
                poor = any(each["degraded"] for each in found.get("predictions", ()))
                self.answers.append(Answer(name, sent, answer.status, poor))
        except (aiohttp.ClientError, TimeoutError):
            self.answers.append(Answer(name, sent, 0))


def endless(payments: Sequence[Payment]) -> Iterator[dict[str, Any]]:
    """Yield payments as a client sends them, over and over, each under a new id of the same minute."""
    for count, payment in enumerate(cycle(payments)):
        values = {name: value for name, value in orjson.loads(orjson.dumps(payment)).items() if value is not None}
        yield values | {"end_to_end_id": f"{payment.end_to_end_id[:21]}{count:011d}"}


def unlogged(answers: Sequence[Answer], decisions: Path) -> int:
    """Return how many of the decided payments are in no record of the decision log."""
    logged = {record.end_to_end_id for record in read_segments(decisions)}
    return sum(each.status == 200 and each.end_to_end_id not in logged for each in answers)
