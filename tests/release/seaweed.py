"""A real S3 server (SeaweedFS) for the tests, on loopback and free ports."""

from __future__ import annotations

import json
import secrets
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from pixguard.release.store import StoreAccess

_NAMES = ("master.port", "master.port.grpc", "volume.port", "volume.port.grpc", "filer.port", "filer.port.grpc",
          "s3.port", "s3.port.grpc")  # fmt: skip


def free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]


@contextmanager
def seaweed(folder: Path) -> Iterator[StoreAccess]:
    """Start `weed mini` with one random identity; it is gone at the end."""
    folder.mkdir(parents=True, exist_ok=True)
    keys = secrets.token_hex(8), secrets.token_hex(16)
    identity = {"name": "test", "credentials": [{"accessKey": keys[0], "secretKey": keys[1]}], "actions": ["Admin"]}
    (folder / "s3.json").write_text(json.dumps({"identities": [identity]}))
    ports = dict(zip(_NAMES, free_ports(len(_NAMES)), strict=True))
    command = [
        "weed", "mini", f"-dir={folder / 'data'}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-webdav=false",
        "-admin.ui=false", f"-s3.config={folder / 's3.json'}", "-s3.port.iceberg=0", "-s3.port.lance=0",
        *(f"-{name}={port}" for name, port in ports.items()),
    ]  # fmt: skip
    (folder / "data").mkdir(exist_ok=True)
    endpoint = f"http://127.0.0.1:{ports['s3.port']}"
    with (folder / "weed.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
    try:
        _await(endpoint, process, folder / "weed.log")
        yield StoreAccess(endpoint, *keys)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _await(endpoint: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        try:
            urllib.request.urlopen(f"{endpoint}/status", timeout=1).close()
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(log.read_text()[-2000:])
