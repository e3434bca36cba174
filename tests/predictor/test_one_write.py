"""Answers over a raw connection: what was joined is whole, in order, and never waits for more."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import closing

import orjson
import pytest

from pixguard.predictor.one_write import _Joined
from tests.predictor.processes import PREDICT, Replica
from tests.predictor.world import World, as_json


@pytest.fixture
def line(replica: Replica) -> Iterator[socket.socket]:
    with closing(socket.create_connection(("127.0.0.1", replica.http), timeout=5)) as line:
        yield line


def until(line: socket.socket, end: bytes) -> bytes:
    read = b""
    while end not in read:
        part = line.recv(65_536)
        assert part, read
        read += part
    return read


class Transport:
    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.is_closed = False

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def close(self) -> None:
        self.is_closed = True

    def is_closing(self) -> bool:
        return self.is_closed


HEAD = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n"


def test_head_and_body_are_written_at_once_and_what_has_no_body_at_the_turns_end() -> None:
    async def story() -> None:
        transport = Transport()
        joined = _Joined(transport, asyncio.get_running_loop())  # type: ignore[arg-type]
        joined.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        joined.write(HEAD)
        joined.write(b"{}")
        assert transport.written == [b"HTTP/1.1 100 Continue\r\n\r\n", HEAD + b"{}"]
        joined.write(HEAD)
        assert len(transport.written) == 2
        await asyncio.sleep(0)
        assert transport.written[2:] == [HEAD]
        joined.write(HEAD)
        joined.close()
        assert (transport.written[3:], transport.is_closed) == ([HEAD], True)

    asyncio.run(story())


def test_an_answer_without_a_body_comes_and_the_connection_goes_on(line: socket.socket) -> None:
    line.sendall(b"HEAD /v2/health/live HTTP/1.1\r\nhost: x\r\n\r\n")
    assert until(line, b"\r\n\r\n").startswith(b"HTTP/1.1 200 OK\r\n")
    line.sendall(b"GET /v2/health/live HTTP/1.1\r\nhost: x\r\n\r\n")
    assert until(line, b"}").endswith(b'{"live":true}')


def test_requests_sent_together_are_answered_in_their_order(line: socket.socket) -> None:
    paths = ("/v2/health/live", "/nowhere", "/v1/models")
    line.sendall(b"".join(b"GET %s HTTP/1.1\r\nhost: x\r\n\r\n" % path.encode() for path in paths))
    read = until(line, b'{"models":["pix-fraud"]}')
    places = [read.index(part) for part in (b'{"live":true}', b"404 ", b"no such path", b'{"models"')]
    assert places == sorted(places)


def test_a_client_that_asks_to_continue_is_told_before_it_sends(line: socket.socket, world: World) -> None:
    body = orjson.dumps({"instances": [as_json(world.later(1, seed=31)[0])]})
    head = f"POST {PREDICT} HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: {len(body)}\r\n\r\n"
    line.sendall(head.encode())
    assert until(line, b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    line.sendall(body)
    assert b'"decision"' in until(line, b"]}")
