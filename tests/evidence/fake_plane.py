"""A small HTTP server that stands for proxy and servers: it serves what Git says, counts, logs, and answers replays."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from pixguard.overlay import Release


@dataclass(frozen=True)
class Behaviour:
    """How a version behaves."""

    ready: bool = True
    errors: float = 0.0
    alerts: float = 0.05
    latency_ms: float = 3.0
    sleep_s: float = 0.0


@dataclass
class FakePlane:
    decisions: Path
    serves: Callable[[], Release]
    requests_a_look: int = 700
    behaviour: dict[str, Behaviour] = field(default_factory=dict)
    counters: dict[str, dict[str, int]] = field(default_factory=dict)
    replayed: dict[str, list[str]] = field(default_factory=dict)
    url: str = ""
    down: bool = False
    payments: int = 0
    lock: Any = field(default_factory=threading.Lock)
    random: random.Random = field(default_factory=lambda: random.Random(3))

    @property
    def versions_url(self) -> str:
        return f"{self.url}/versions"

    def of(self, name: str) -> Behaviour:
        return self.behaviour.get(name, Behaviour())

    def weights(self) -> dict[str, int]:
        release = self.serves()
        if release.canary is None:
            return {release.stable.name: 100}
        share = release.canary.percent if self.of(release.canary.version.name).ready else 0
        return {release.stable.name: 100 - share, release.canary.version.name: share}

    def traffic(self, requests: int) -> None:
        """Serve so many requests as the weights say; log and count them."""
        weights = self.weights()
        folder = self.decisions / "replica-1"
        folder.mkdir(parents=True, exist_ok=True)
        lines = []
        for name in self.random.choices(list(weights), list(weights.values()), k=requests):
            counter = self.counters.setdefault(name, {"requests": 0, "errors": 0})
            counter["requests"] += 1
            if self.random.random() < self.of(name).errors:
                counter["errors"] += 1
            else:
                lines.append(json.dumps(self.record(name)))
        with (folder / "20260101T000000Z.jsonl.open").open("a") as file:
            file.write("".join(line + "\n" for line in lines))

    def record(self, name: str, **changes: Any) -> dict[str, Any]:
        self.payments += 1
        identity = f"E{self.payments:031d}"
        alert = random.Random(identity).random() < self.of(name).alerts
        return {
            "schema": 1, "decided_at": datetime.now(UTC).isoformat().replace("+00:00", "Z"), "end_to_end_id": identity,
            "model": "pix-fraud", "version": name, "score": 0.1, "probability": 0.4 if alert else 0.002,
            "decision": "hold" if alert else "approve", "reasons": [], "base": -4.0, "degraded": [],
            "newest_event_us": None,
            "latency_us": int(self.of(name).latency_ms * 1000 * self.random.lognormvariate(0, 0.2)), "replay": False,
            "payment": {"end_to_end_id": identity, "amount_centavos": 5000, "key_type": "CPF", "initiation": "DICT"},
            "features": {"names_sha256": "ab", "values": []},
        } | changes  # fmt: skip

    def answer(self) -> dict[str, Any]:
        self.traffic(self.requests_a_look)
        weights = self.weights()
        return {
            name: {"ready": self.of(name).ready, "weight": weight, "latency_ms": {"p50": 1.0, "p99": 2.0},
                   "since": "2026-01-01T00:00:00Z", "urls": [f"{self.url}/{name}"], "histogram": [],
                   **self.counters.setdefault(name, {"requests": 0, "errors": 0})}
            for name, weight in weights.items()
        }  # fmt: skip

    def predict(self, name: str, payment: dict[str, Any], replay: bool) -> tuple[int, dict[str, Any]]:
        self.replayed.setdefault(name, []).append(payment["end_to_end_id"] if replay else "counted")
        does = self.of(name)
        time.sleep(does.sleep_s)
        if self.random.random() < does.errors:
            return 500, {"error": "crashed"}
        alert = random.Random(payment["end_to_end_id"]).random() < does.alerts
        found = {"end_to_end_id": payment["end_to_end_id"], "version": name, "probability": 0.4 if alert else 0.002,
                 "decision": "hold" if alert else "approve"}  # fmt: skip
        return 200, {"predictions": [found]}


@contextmanager
def running(plane: FakePlane) -> Iterator[FakePlane]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # answers of two small writes would wait 40 ms for each other

        def do_GET(self) -> None:
            with plane.lock:
                status, answer = (503, {}) if plane.down else (200, plane.answer())
            self.reply(status, answer)

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            name = self.path.split("/")[1]
            assert self.path == f"/{name}/v1/models/pix-fraud:predict"
            with plane.lock:
                reply = plane.predict(name, body["instances"][0], self.headers.get("x-pixguard-replay") == "1")
            self.reply(*reply)

        def reply(self, status: int, answer: Any) -> None:
            text = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, format: str, *arguments: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

    server = Server(("127.0.0.1", 0), Handler)
    plane.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield plane
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def earlier(plane: FakePlane, name: str, count: int) -> None:
    """Write decisions that were logged before any trial began."""
    folder = plane.decisions / "replica-0"
    folder.mkdir(parents=True, exist_ok=True)
    when = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    lines = [json.dumps(plane.record(name, decided_at=when)) + "\n" for _ in range(count)]
    (folder / "20251231T000000Z.jsonl").write_text("".join(lines))


__all__ = ["Behaviour", "FakePlane", "earlier", "replace", "running"]
