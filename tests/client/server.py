"""A server on a free loopback port that answers as it is told, and writes down what it was asked."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

ANSWER = {
    "decided_at": "2026-11-24T12:00:00.000123Z",
    "end_to_end_id": "",
    "model": "pix-fraud",
    "version": "v0123456789ab",
    "score": 0.87,
    "probability": 0.031,
    "decision": "hold",
    "rules": ["expected_loss"],
    "log_odds": 1.9,
    "base": -4.5,
    "reasons": [{"feature": "payee_count_1h", "value": 41.0, "contribution": 3.2}],
    "degraded": [],
    "newest_event_us": 1_795_500_000_000_001,
}


@dataclass
class Reply:
    """What to answer: a status, a body (JSON, or bytes as they are), after a while."""

    status: int = 200
    body: Any = None
    after_s: float = 0
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Asked:
    """What was asked: path, body and headers."""

    path: str
    body: Any
    headers: dict[str, str]


Answering = Callable[[Asked, int], Reply]
"""The request and which one it is, from 1 → the reply."""


@contextmanager
def serving(answering: Answering) -> Iterator[tuple[str, list[Asked]]]:
    """Serve while the block runs; yields the address and the list of what was asked."""
    asked: list[Asked] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = int(self.headers["content-length"])
            self.reply(Asked(self.path, json.loads(self.rfile.read(length)), dict(self.headers)))

        def do_GET(self) -> None:
            self.reply(Asked(self.path, None, dict(self.headers)))

        def reply(self, request: Asked) -> None:
            asked.append(request)
            reply = answering(request, len(asked))
            time.sleep(reply.after_s)
            body = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
            try:
                self.send_response(reply.status)
                for name, value in {"content-length": str(len(body)), **reply.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)
            except (BrokenPipeError, ConnectionResetError):  # a client whose deadline passed has left
                self.close_connection = True

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def answer_to(end_to_end_id: str, /, **changes: Any) -> dict[str, Any]:
    """Return a whole answer as the API gives it."""
    return {**ANSWER, "end_to_end_id": end_to_end_id, **changes}


def decide(request: Asked, _number: int = 1) -> Reply:
    """Answer every payment in the protocol that it came in."""
    if request.path.startswith("/v1/"):
        return Reply(body={"predictions": [answer_to(p["end_to_end_id"]) for p in request.body["instances"]]})
    tensors = {tensor["name"]: tensor["data"] for tensor in request.body["inputs"]}
    texts = [json.dumps(answer_to(identity)) for identity in tensors["end_to_end_id"]]
    output = {"name": "answer", "datatype": "BYTES", "shape": [len(texts)], "data": texts}
    return Reply(body={"model_name": "pix-fraud", "id": "1", "outputs": [output]})
