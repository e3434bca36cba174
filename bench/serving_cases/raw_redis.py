"""The least that can read Redis: commands packed by hand, replies by hiredis' own parser, one connection."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence

import hiredis


class RawRedis(asyncio.Protocol):
    def __init__(self) -> None:
        self._reader, self._waiting = hiredis.Reader(), deque[tuple[asyncio.Future[list[bytes]], int]]()
        self._found: list[bytes] = []

    @classmethod
    async def connect(cls, port: int) -> RawRedis:
        _, protocol = await asyncio.get_running_loop().create_connection(cls, "127.0.0.1", port)
        return protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def hgets(self, pairs: Sequence[tuple[bytes, bytes]]) -> asyncio.Future[list[bytes]]:
        promise: asyncio.Future[list[bytes]] = asyncio.get_running_loop().create_future()
        self._waiting.append((promise, len(pairs)))
        packed = b"".join(hiredis.pack_command(("HGET", key, field)) for key, field in pairs)
        self._transport.write(packed)  # type: ignore[attr-defined]
        return promise

    def data_received(self, data: bytes) -> None:
        self._reader.feed(data)
        while (reply := self._reader.gets()) is not False:
            self._found.append(reply)
            promise, wanted = self._waiting[0]
            if len(self._found) == wanted:
                self._waiting.popleft()
                promise.set_result(self._found)
                self._found = []
