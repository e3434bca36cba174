"""The console as a real process, on a free port."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

TOKEN = "t" * 43


@contextmanager
def console(state: Path, **environment: str) -> Iterator[str]:
    """Yield the address of a console; it ends by itself when told, within seconds, and complained of nothing."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "pixguard.console", "--state", str(state), "--port", str(port)]
    env = os.environ | {"PIXGUARD_CONSOLE_TOKEN": TOKEN} | environment
    process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(url, process)
        yield url
        assert process.poll() is None, "the console ended by itself"
    finally:
        process.terminate()
        said = process.communicate(timeout=15)[0].decode()
    assert process.returncode in {0, -signal.SIGTERM}, said
    assert "Traceback" not in said, said


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise AssertionError("the console ended at once")
        try:
            httpx.get(f"{url}/healthz", timeout=1)
        except httpx.HTTPError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the console does not answer")


@contextmanager
def signed_in(url: str) -> Iterator[httpx.Client]:
    """Yield a client with a session and its CSRF token."""
    with httpx.Client(base_url=url, timeout=10) as client:
        assert client.post("/api/login", json={"token": TOKEN}).status_code == 200
        client.headers["x-csrf-token"] = client.get("/api/session").json()["csrf"]
        yield client
