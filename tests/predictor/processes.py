"""Real predictor processes: start, ask, signal."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import orjson

from pixguard.decision_log import Record, read_segments
from pixguard.payment import Payment
from tests.predictor.world import World, as_json

PREDICT = "/v1/models/pix-fraud:predict"


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)


@dataclass
class Replica:
    """A process and where it listens."""

    process: subprocess.Popen[str]
    http: int
    grpc: int | None
    log_folder: Path
    errors: Path

    def get(self, path: str) -> Answer:
        return self.ask("GET", path)

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(f"http://127.0.0.1:{self.http}{path}", body, names, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as found:
                return Answer(found.status, dict(found.headers), found.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, dict(error.headers), error.read())

    def predict(self, *payments: Payment | dict[str, Any], **headers: str) -> Answer:
        instances = [as_json(each) if isinstance(each, Payment) else each for each in payments]
        headers = {"content_type": "application/json", **headers}
        return self.ask("POST", PREDICT, orjson.dumps({"instances": instances}), **headers)

    def metric(self, series: str) -> float:
        """Return the sum of a metric's series whose text begins so."""
        lines = self.get("/metrics").body.decode().splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(series))

    def wait_ready(self, seconds: float = 90) -> None:
        deadline = time.monotonic() + seconds
        while self.get("/v2/health/ready").status != 200:
            assert time.monotonic() < deadline, self.errors.read_text()
            time.sleep(0.05)

    def wait_failed(self, seconds: float = 90) -> dict[str, Any]:
        """Return what the process says of itself once it gave up loading."""
        deadline = time.monotonic() + seconds
        while True:
            found = self.get("/v2/health/ready")
            if found.status == 503 and found.json["phase"] != "loading":
                said: dict[str, Any] = found.json
                return said
            assert time.monotonic() < deadline, self.errors.read_text()
            time.sleep(0.05)

    def terminate(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    def ended(self, seconds: float = 30) -> int:
        return self.process.wait(seconds)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(10)
        if self.process.stdout is not None:
            self.process.stdout.close()

    def logged(self) -> list[Record]:
        return list(read_segments(self.log_folder))


class StartReplica(Protocol):
    def __call__(self, *arguments: str, **environment: str) -> Replica: ...


def start_replica(world: World, folder: Path, name: str, *arguments: str, **environment: str) -> Replica:
    """Start a process on free ports and return once it listens; it may not be ready yet."""
    log_folder, errors = folder / "decisions", folder / f"{name}.err"
    settings = {
        "PIXGUARD_PUBLIC_KEY": str(world.public_key),
        "PIXGUARD_ONLINE_STORE": world.store,
        "PIXGUARD_DECISION_LOG": f"file://{log_folder}",
        "PIXGUARD_REPLICA": name,
    }
    command = [sys.executable, "-m", "pixguard.predictor", "--http_port", "0", *_defaults(world, arguments)]
    with errors.open("w") as stream:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=stream, text=True, env=os.environ | settings | environment
        )
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, errors.read_text()
    ports = json.loads(line)
    return Replica(process, ports["http_port"], ports["grpc_port"], log_folder, errors)


def _defaults(world: World, arguments: Sequence[str]) -> list[str]:
    defaults = {"--model_dir": str(world.version.folder), "--drain_s": "0.2", "--grpc_port": "-1"}
    given = [item for name, value in defaults.items() if name not in arguments for item in (name, value)]
    return [*given, *arguments]
