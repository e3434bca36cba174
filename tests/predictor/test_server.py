"""Whole lives of real processes: start, bad days, end."""

import asyncio
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import orjson
import pytest
import redis

from pixguard.features import PIX
from pixguard.payment import Payment
from pixguard.pulse import Pulse, open_pulses
from tests.predictor.processes import Answer, StartReplica
from tests.predictor.world import World, write_states


def test_a_tampered_version_lives_is_not_ready_and_says_why(start: StartReplica, copied: Path) -> None:
    content = bytearray((copied / "model.onnx").read_bytes())
    content[100] ^= 1
    (copied / "model.onnx").write_bytes(content)
    replica = start("--model_dir", str(copied))
    said = replica.wait_failed()
    assert said["phase"] == "failed"
    assert "model.onnx" in said["reason"]
    assert "model.onnx" in replica.errors.read_text()
    assert replica.get("/v2/health/live").status == 200
    assert replica.predict({}).status == 503
    assert replica.metric("pixguard_ready") == 0
    replica.terminate()
    assert replica.ended() == 0


def test_a_half_downloaded_version_is_not_served(start: StartReplica, copied: Path) -> None:
    (copied / "reasons.onnx").unlink()
    assert "reasons.onnx" in start("--model_dir", str(copied)).wait_failed()["reason"]


def test_sigterm_is_readiness_first_then_answers_then_the_log_then_the_end(start: StartReplica, world: World) -> None:
    replica = start("--drain_s", "1.0")
    replica.wait_ready()
    assert replica.predict(*world.later(3)).status == 200
    replica.terminate()
    deadline = time.monotonic() + 0.8
    while (found := replica.get("/v2/health/ready")).status == 200 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert (found.status, found.json["phase"]) == (503, "ending")
    still = replica.predict(*world.later(2, seed=8))
    assert still.status == 200
    assert still.headers["connection"] == "close"
    assert replica.ended() == 0
    assert len(replica.logged()) == 5
    assert [path.suffix for path in (replica.log_folder / "r0").glob("*.jsonl*")] == [".jsonl"]


def test_requests_in_flight_at_sigterm_are_answered(start: StartReplica, world: World, redis_address: str) -> None:
    write_states(redis_address, world.states)
    with slow_redis(redis_address, seconds=0.3) as address:
        replica = start("--store_deadline_ms", "2000", "--drain_s", "0", PIXGUARD_ONLINE_STORE=address)
        replica.wait_ready()
        with ThreadPoolExecutor(4) as pool:
            asked = [pool.submit(replica.predict, payment) for payment in world.later(4)]
            time.sleep(0.1)
            replica.terminate()
            answers = [each.result() for each in asked]
        assert [each.status for each in answers] == [200] * 4
        assert replica.ended() == 0
        assert len(replica.logged()) == 4


def test_a_stream_that_stops_is_noticed_and_so_is_one_that_is_back(
    start: StartReplica, world: World, tmp_path: Path
) -> None:
    address = f"sqlite://{tmp_path}/online.db"
    write_states(address, world.states)
    replica = start("--stale_after_s", "30", PIXGUARD_ONLINE_STORE=address)
    replica.wait_ready()
    asked = iter(world.later(600))

    def degraded() -> list[str]:
        found: list[str] = replica.predict(next(asked)).json["predictions"][0]["degraded"]
        return found

    def until(wanted: list[str]) -> None:
        deadline = time.monotonic() + 20
        while degraded() != wanted:
            assert time.monotonic() < deadline
            time.sleep(0.1)

    assert degraded() == []  # a batch wrote here, no stream
    pulses = open_pulses(address, PIX)
    pulses.write(Pulse(1, int((time.time() - 60) * 1e6)))
    until(["stale_state"])
    assert 59 < replica.metric("pixguard_stream_lag_seconds") < 90
    assert replica.metric("pixguard_degraded_total{") > 0
    pulses.write(Pulse(2, int(time.time() * 1e6)))
    until([])
    assert "the stream is 6" in replica.errors.read_text()


def test_a_slow_store_is_answered_within_the_deadline_and_recovers_by_itself(
    start: StartReplica, world: World, redis_address: str
) -> None:
    write_states(redis_address, world.states)
    with slow_redis(redis_address, seconds=0) as address, switched(address) as switch:
        replica = start(PIXGUARD_ONLINE_STORE=address)
        replica.wait_ready()
        some = iter(world.later(60))
        assert degraded(replica.predict(next(some))) == []
        switch.seconds = 2.0
        began = time.monotonic()
        reasons = [degraded(replica.predict(next(some)))[0] for _ in range(8)]
        assert time.monotonic() - began < 2.0
        assert reasons[:5] == ["store_timeout"] * 5
        assert set(reasons[5:]) == {"circuit_open"}
        switch.seconds = 0
        deadline = time.monotonic() + 15
        while degraded(replica.predict(next(some))):
            assert time.monotonic() < deadline
            time.sleep(0.5)
        assert replica.metric("pixguard_degraded_total") >= 8


def test_a_store_that_is_away_from_the_start_costs_state_and_not_answers(start: StartReplica, world: World) -> None:
    replica = start(PIXGUARD_ONLINE_STORE="redis://127.0.0.1:1")
    replica.wait_ready()
    assert degraded(replica.predict(*world.later(1))) == ["store_error"]
    assert "password" not in replica.errors.read_text()


def test_overload_is_refused_at_once_and_the_admitted_stay_quick(start: StartReplica, world: World) -> None:
    replica = start("--max_waiting", "4")
    replica.wait_ready()
    bodies = [f'{{"instances":[{payment_text(payment)}]}}'.encode() for payment in world.later(200)]
    statuses = asyncio.run(all_at_once(replica.http, bodies))
    assert set(statuses) == {200, 429}
    assert statuses.count(200) >= 4
    refused = replica.metric('pixguard_requests_total{model="pix-fraud",outcome="overload"')
    assert refused == statuses.count(429)
    assert replica.predict(*world.later(1, seed=9)).status == 200


def test_the_same_payment_from_many_clients_is_decided_once(start: StartReplica, world: World) -> None:
    replica = start()
    replica.wait_ready()
    (payment,) = world.later(1)
    with ThreadPoolExecutor(8) as pool:
        bodies = {answer.body for answer in pool.map(replica.predict, [payment] * 40)}
    assert len(bodies) == 1
    assert replica.metric("pixguard_decisions_total") == 1


def test_a_killed_replica_loses_no_decision_that_was_written(start: StartReplica, world: World) -> None:
    replica = start()
    replica.wait_ready()
    assert replica.predict(*world.later(10)).status == 200
    time.sleep(0.5)
    replica.kill()
    assert len(replica.logged()) == 10
    again = start(PIXGUARD_REPLICA="r0")
    again.wait_ready()
    assert [path.suffix for path in (again.log_folder / "r0").glob("*.jsonl*")] == [".jsonl"]


def test_a_wrong_decision_log_is_not_ready_and_says_why(start: StartReplica) -> None:
    assert "decision log" in start(PIXGUARD_DECISION_LOG="ftp://x/y").wait_failed()["reason"]


def test_a_port_that_is_taken_and_a_missing_variable_end_the_process() -> None:
    command = [sys.executable, "-m", "pixguard.predictor", "--model_dir", "x"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={"PATH": ""}, timeout=60)
    assert done.returncode == 2
    assert "PIXGUARD_PUBLIC_KEY is not set" in done.stderr


def degraded(answer: Answer) -> list[str]:
    assert answer.status == 200, answer.body
    found: list[str] = answer.json["predictions"][0]["degraded"]
    return found


def payment_text(payment: Payment) -> str:
    return orjson.dumps(payment).decode()


async def all_at_once(port: int, bodies: list[bytes]) -> list[int]:
    """Send every body on a connection of its own, when all are open; return the statuses."""
    opened = [await asyncio.open_connection("127.0.0.1", port) for _ in bodies]
    head = "POST /v1/models/pix-fraud:predict HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n"
    for (_, writer), body in zip(opened, bodies, strict=True):
        writer.write(head.format(len(body)).encode() + body)
    statuses = []
    for reader, writer in opened:
        first = await reader.readuntil(b"\r\n\r\n")
        statuses.append(int(first.split()[1]))
        match = re.search(rb"retry-after: (\d+)", first)
        assert (match is not None) == (statuses[-1] == 429)
        writer.close()
        await writer.wait_closed()
    return statuses


@pytest.fixture(scope="module")
def redis_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if shutil.which("redis-server") is None:
        pytest.skip("no redis-server on the PATH; install Debian's redis-server to run what needs it")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = tmp_path_factory.mktemp("redis")
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        client = redis.Redis(port=port)
        for _ in range(200):
            try:
                client.ping()
                break
            except redis.ConnectionError:
                time.sleep(0.05)
        client.close()
        yield f"redis://127.0.0.1:{port}"
        process.terminate()


class Switch:
    """How long the proxy holds every answer back."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds


_SWITCHES: dict[str, Switch] = {}


@contextmanager
def slow_redis(address: str, seconds: float) -> Iterator[str]:
    """Yield the address of a TCP proxy that holds back what Redis says."""
    switch, port = Switch(seconds), int(address.rsplit(":", 1)[1])
    loop = asyncio.new_event_loop()

    async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, holds: bool) -> None:
        try:
            while part := await reader.read(65536):
                if holds and switch.seconds:
                    await asyncio.sleep(switch.seconds)
                writer.write(part)
        finally:
            writer.close()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(pipe(reader, up_writer, False), pipe(up_reader, writer, True), return_exceptions=True)

    server = loop.run_until_complete(asyncio.start_server(handle, "127.0.0.1", 0))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    proxied = f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    _SWITCHES[proxied] = switch
    yield proxied

    async def end() -> None:
        server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0.05)

    asyncio.run_coroutine_threadsafe(end(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@contextmanager
def switched(address: str) -> Iterator[Switch]:
    yield _SWITCHES[address]
