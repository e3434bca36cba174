"""The reader of the request path against a real Redis, and against a peer that hangs, hangs up and talks rubbish."""

import asyncio
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest
import redis
import uvloop

from pixguard.redis_pipe import RedisBulk, RedisPipe

PASSWORD = "a b/c"


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    if shutil.which("redis-server") is None:
        pytest.skip("no redis-server on the PATH; install Debian's redis-server to run what needs it")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = int(probe.getsockname()[1])
    folder = tmp_path_factory.mktemp("redis")
    command = ["redis-server", "--port", str(free), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    with subprocess.Popen([*command, "--requirepass", PASSWORD], stdout=subprocess.DEVNULL) as process:
        client = redis.Redis(port=free, db=3, password=PASSWORD)
        for _ in range(200):
            try:
                client.ping()
                break
            except redis.ConnectionError:
                time.sleep(0.05)
        for number in range(500):
            client.hset(f"k{number}", "f", f"v{number}" * 50)
        client.close()
        yield free
        process.terminate()


def on_both_loops(story: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a story on asyncio's own loop, and on the one that serves."""
    asyncio.run(story())
    uvloop.run(story())


def address(port: int) -> str:
    return f"redis://:a%20b%2Fc@127.0.0.1:{port}/3"


def test_replies_go_to_those_who_asked_however_many_ask_at_once(port: int) -> None:
    async def story() -> None:
        pipe = RedisPipe(address(port), timeout_s=5)
        asked = [[(b"HGET", b"k%d" % n, b"f"), (b"HGET", b"none", b"f")] for n in range(500)]
        found = await asyncio.gather(*(pipe.ask(commands) for commands in asked))
        assert found == [[f"v{n}".encode() * 50, None] for n in range(500)]
        await pipe.aclose()

    on_both_loops(story)


def test_one_who_leaves_early_takes_nobodys_reply(port: int) -> None:
    async def story() -> None:
        pipe = RedisPipe(address(port), timeout_s=5)
        await pipe.ask([(b"PING",)])
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await pipe.ask([(b"HGET", b"k1", b"f")])
        assert await pipe.ask([(b"HGET", b"k2", b"f")]) == [b"v2" * 50]
        await pipe.aclose()

    on_both_loops(story)


def test_an_error_of_redis_is_told_without_what_was_asked(port: int) -> None:
    async def story() -> None:
        pipe = RedisPipe(address(port), timeout_s=5)
        with pytest.raises(ConnectionError, match=r"^Redis says ERR$"):
            await pipe.ask([(b"NONSENSE", b"secret")])
        assert await pipe.ask([(b"PING",)]) == [b"PONG"]
        await pipe.aclose()
        wrong = RedisPipe(f"redis://:wrong@127.0.0.1:{port}", timeout_s=5)
        with pytest.raises(ConnectionError) as caught:
            await wrong.ask([(b"PING",)])
        assert "wrong" not in str(caught.value)

    on_both_loops(story)


def test_nobody_there_is_an_error_and_the_next_ask_tries_again() -> None:
    async def story() -> None:
        pipe = RedisPipe("redis://127.0.0.1:1", timeout_s=1)
        for _ in range(2):
            with pytest.raises(ConnectionError, match="Connect"):
                await pipe.ask([(b"PING",)])

    on_both_loops(story)


def test_bulk_sends_many_from_blocking_code_and_again_after_it_was_closed(port: int) -> None:
    bulk = RedisBulk(address(port), timeout_s=30)
    for round_ in range(2):
        bulk.send([(b"HSET", b"bulk%d" % n, b"f", b"%d" % round_ * 1_000) for n in range(5_000)])
        bulk.close()
    with redis.Redis(port=port, db=3, password=PASSWORD) as client:
        assert [client.hget(f"bulk{n}", "f") for n in (0, 4_999)] == [b"1" * 1_000] * 2
    bulk.close()


def test_bulk_tells_what_is_refused_and_what_takes_too_long(port: int) -> None:
    bulk = RedisBulk(address(port), timeout_s=5)
    with pytest.raises(ConnectionError, match=r"^Redis says WRONGTYPE$"):
        bulk.send([(b"SET", b"text", b"x"), (b"HSET", b"text", b"f", b"secret")])
    bulk.send([(b"DEL", b"text")])
    bulk.close()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        slow = RedisBulk(f"redis://127.0.0.1:{silent.getsockname()[1]}", timeout_s=0.2)
        with pytest.raises(ConnectionError, match=r"no answer within 0\.2 s"):
            slow.send([(b"PING",)])
        slow.close()


@pytest.mark.parametrize("manner", ["hangs", "hangs up", "talks rubbish"])
def test_a_peer_that_misbehaves_costs_one_connection(manner: str) -> None:
    seen: list[str] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(manner)
        while await reader.read(1000):
            if len(seen) > 1:
                writer.write(b"+PONG\r\n")
            elif manner == "talks rubbish":
                writer.write(b"rubbish\r\n")
            elif manner == "hangs up":
                break
        writer.close()

    async def story() -> None:
        seen.clear()
        server = await asyncio.start_server(handle, "127.0.0.1", 0)
        pipe = RedisPipe(f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}", timeout_s=0.2)
        with pytest.raises((ConnectionError, TimeoutError)):
            async with asyncio.timeout(0.3):
                await pipe.ask([(b"PING",)])
        assert await pipe.ask([(b"PING",)]) == [b"PONG"]
        await pipe.aclose()
        server.close()
        await asyncio.sleep(0.05)
        assert len(seen) == 2

    on_both_loops(story)
