"""Requests at a steady rate whatever the answers do (an open loop), each one accounted for."""

from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import aiohttp

PATH = "/v1/models/pix-fraud:predict"


@dataclass(frozen=True)
class Answer:
    sent: float
    done: float
    status: int  # 0: no answer
    version: str


class Traffic:
    """`rate` requests a second from a thread of its own while the block runs."""

    def __init__(self, url: str, rate: float) -> None:
        self.url, self.rate = url + PATH, rate
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
        """Return the answers to requests sent in that time."""
        return [each for each in list(self.answers) if begin <= each.sent < end]

    async def _run(self) -> None:
        timeout = aiohttp.ClientTimeout(total=10)
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(timeout=timeout, connector=connector) as session:
            running: set[asyncio.Task[None]] = set()
            began, count = time.monotonic(), 0
            while not self._stop.is_set():
                await asyncio.sleep(max(began + count / self.rate - time.monotonic(), 0))
                task = asyncio.create_task(self._ask(session, count))
                running.add(task)
                task.add_done_callback(running.discard)
                count += 1
            await asyncio.gather(*running)

    async def _ask(self, session: aiohttp.ClientSession, count: int) -> None:
        sent, status, version = time.monotonic(), 0, ""
        try:
            async with session.post(self.url, json={"instances": [{"end_to_end_id": f"E{count}"}]}) as answer:
                status = answer.status
                version = (await answer.json())["model_version"] if answer.content_type == "application/json" else ""
        except (aiohttp.ClientError, TimeoutError):
            status = 0
        self.answers.append(Answer(sent, time.monotonic(), status, version))
