"""Dynamic batching that waits for nobody: what is asked in one turn of the event loop is worked on together.

NumPy's and the store's price is by the call, not by the payment; on a busy server many payments share it, on a quiet
one each pays for itself and is not held back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class Batcher(Generic[Item, Result]):
    """Calls `work` with all items of one turn of the event loop; it returns one result an item, in their order."""

    def __init__(self, work: Callable[[list[Item]], Awaitable[Sequence[Result]]]) -> None:
        self._work = work
        self._waiting: list[tuple[Sequence[Item], asyncio.Future[Sequence[Result]]]] = []
        self._running: set[asyncio.Task[None]] = set()

    async def __call__(self, items: Sequence[Item]) -> Sequence[Result]:
        """Return the results of `items`; whatever `work` raises, all who came together hear."""
        loop = asyncio.get_running_loop()
        if not self._waiting:
            loop.call_soon(self._start)
        promise: asyncio.Future[Sequence[Result]] = loop.create_future()
        self._waiting.append((items, promise))
        return await promise

    def _start(self) -> None:
        waiting, self._waiting = self._waiting, []
        task = asyncio.get_running_loop().create_task(self._run(waiting))
        self._running.add(task)  # the loop itself holds tasks weakly
        task.add_done_callback(self._running.discard)

    async def _run(self, waiting: list[tuple[Sequence[Item], asyncio.Future[Sequence[Result]]]]) -> None:
        try:
            results = await self._work([item for items, _ in waiting for item in items])
        except Exception as error:
            for _, promise in waiting:
                if not promise.done():
                    promise.set_exception(error)
            return
        start = 0
        for items, promise in waiting:
            if not promise.done():  # else the caller left
                promise.set_result(results[start : start + len(items)])
            start += len(items)
