"""The load: one process that keeps N connections busy, or sends at a fixed rate, and prints what it saw as JSON.

Every request carries an end_to_end_id of its own: the last eleven characters of the body's id are a counter.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import time
from pathlib import Path

import numpy as np
import uvloop

HEAD = (
    b"POST /v1/models/pix-fraud:predict HTTP/1.1\r\nhost: bench\r\n"
    b"content-type: application/json\r\ncontent-length: %d\r\n\r\n"
)
MARK = b'"end_to_end_id":"'


class Bodies:
    """Requests as bytes, each with a fresh id."""

    def __init__(self, lines: list[bytes], first: int) -> None:
        self._parts = []
        for line in lines:
            at = line.index(MARK) + len(MARK) + 21
            self._parts.append((HEAD % len(line) + line[:at], line[at + 11 :]))
        self._cycle, self._count = itertools.cycle(self._parts), itertools.count(first)

    def next(self) -> bytes:
        before, after = next(self._cycle)
        return b"%s%011d%s" % (before, next(self._count), after)


class Connection(asyncio.Protocol):
    """One request at a time; `done` hears of each answer's end."""

    def __init__(self, seen: Seen) -> None:
        self.seen, self._buffer, self._wanted = seen, bytearray(), 0
        self.sent_ns, self.busy, self.after = 0, False, None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def send(self, body: bytes, due_ns: int | None = None) -> None:
        self.busy, self.sent_ns = True, due_ns or time.perf_counter_ns()
        self.transport.write(body)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._wanted:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            head = bytes(self._buffer[:end]).lower()
            length = head.split(b"content-length: ")[1].split(b"\r\n")[0]
            self._ok, self._wanted = head.startswith(b"http/1.1 200"), end + 4 + int(length)
        if len(self._buffer) >= self._wanted:
            self._buffer.clear()
            self._wanted, self.busy = 0, False
            self.seen.add(time.perf_counter_ns() - self.sent_ns, self._ok)
            if self.after is not None:
                self.after(self)

    def connection_lost(self, error: Exception | None) -> None:
        if self.busy:
            self.seen.errors += 1


class Seen:
    """Latencies and errors since counting began."""

    def __init__(self) -> None:
        self.latencies_ns: list[int] = []
        self.errors, self.late, self.counts = 0, 0, False

    def add(self, latency_ns: int, ok: bool) -> None:
        if self.counts:
            self.latencies_ns.append(latency_ns)
            self.errors += not ok


async def run(told: argparse.Namespace) -> dict[str, float]:
    seen, bodies, loop = Seen(), Bodies(told.bodies.read_bytes().splitlines(), told.first), asyncio.get_running_loop()
    made = [
        await loop.create_connection(lambda: Connection(seen), "127.0.0.1", told.port) for _ in range(told.connections)
    ]
    connections = [connection for _, connection in made]
    stop = loop.time() + told.warm_s + told.seconds
    sending = asyncio.create_task(
        at_rate(connections, bodies, told.rate, stop, seen) if told.rate else busy(connections, bodies, stop)
    )
    await asyncio.sleep(told.warm_s)
    seen.counts, began = True, time.perf_counter()
    print("counting", flush=True)
    await asyncio.sleep(told.seconds)
    seen.counts, took = False, time.perf_counter() - began
    await sending
    milliseconds = np.array(seen.latencies_ns) / 1e6
    p50, p99 = np.percentile(milliseconds, [50, 99]) if len(milliseconds) else (float("nan"),) * 2
    answered = len(milliseconds)
    return {
        "p50_ms": float(p50),
        "p99_ms": float(p99),
        "rps": answered / took,
        "answered": answered,
        "errors": seen.errors,
        "late": seen.late,
    }


async def busy(connections: list[Connection], bodies: Bodies, stop: float) -> None:
    """Send the next request of a connection when the last one is answered."""
    loop = asyncio.get_running_loop()

    def again(connection: Connection) -> None:
        if loop.time() < stop:
            connection.send(bodies.next())

    for connection in connections:
        connection.after = again
        again(connection)
    while any(connection.busy for connection in connections) and loop.time() < stop + 10:
        await asyncio.sleep(0.02)


async def at_rate(connections: list[Connection], bodies: Bodies, rate: float, stop: float, seen: Seen) -> None:
    """Send at a fixed rate, whatever comes back; latency counts from when a request was due."""
    loop, due, free = asyncio.get_running_loop(), time.perf_counter_ns(), list(connections)
    waiting: list[int] = []

    def back(connection: Connection) -> None:
        if waiting:
            connection.send(bodies.next(), waiting.pop(0))
        else:
            free.append(connection)

    for connection in connections:
        connection.after = back
    step = int(1e9 / rate)
    while loop.time() < stop:
        now = time.perf_counter_ns()
        while due <= now:
            if free:
                free.pop().send(bodies.next(), due)
            else:
                waiting.append(due)
                seen.late += 1
            due += step
        await asyncio.sleep(max(0.0, (due - time.perf_counter_ns()) / 1e9))
    await asyncio.sleep(0.2)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--bodies", type=Path, required=True)
    parser.add_argument("--connections", type=int, default=1)
    parser.add_argument("--rate", type=float, default=0)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--warm_s", type=float, default=1)
    parser.add_argument("--first", type=int, default=0)
    print(json.dumps(uvloop.run(run(parser.parse_args()))))
