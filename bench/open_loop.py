"""Payments at a steady rate whatever the answers do (an open loop), and what became of every one of them."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import aiohttp
import orjson

PATH = "/v1/models/pix-fraud:predict"


@dataclass(frozen=True)
class Answer:
    end_to_end_id: str
    sent: float
    done: float
    status: int = 0  # 0: no answer
    content: Any = None


class OpenLoop:
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

    def between(self, begin: float, end: float) -> list[Answer]:
        """Return the answers to payments sent in that time."""
        return [each for each in list(self.answers) if begin <= each.sent < end]

    async def _run(self) -> None:
        connector, timeout = aiohttp.TCPConnector(limit=0), aiohttp.ClientTimeout(total=10)
        async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
            running: set[asyncio.Task[None]] = set()
            began, count = time.monotonic(), 0
            while not self._stop.is_set():
                await asyncio.sleep(max(began + count / self._rate - time.monotonic(), 0))
                task = asyncio.create_task(self._ask(session, next(self._payments)))
                running.add(task)
                task.add_done_callback(running.discard)
                count += 1
            await asyncio.gather(*running)

    async def _ask(self, session: aiohttp.ClientSession, payment: dict[str, Any]) -> None:
        name, sent = payment["end_to_end_id"], time.monotonic()
        try:
            async with session.post(self._url, data=orjson.dumps({"instances": [payment]})) as answer:
                body = await answer.read()
                content = orjson.loads(body) if answer.content_type == "application/json" else None
                self.answers.append(Answer(name, sent, time.monotonic(), answer.status, content))
        except (aiohttp.ClientError, TimeoutError):
            self.answers.append(Answer(name, sent, time.monotonic()))
