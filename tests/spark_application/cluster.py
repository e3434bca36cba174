"""A server on loopback that speaks the part of the Kubernetes API that an application needs, and is its operator."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from kubernetes import client

from pixguard.spark_application import Applications

NAMESPACE = "pixguard-pipelines"
PATH = f"/apis/sparkoperator.k8s.io/v1beta2/namespaces/{NAMESPACE}/sparkapplications"
LOG = f"/api/v1/namespaces/{NAMESPACE}/pods/"


class Cluster(ThreadingHTTPServer):
    """Applications go through `states`, one a look, and stay in the last; `failures` are given before any answer."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.held: dict[str, dict[str, Any]] = {}
        self.states: list[str | dict[str, Any]] = ["COMPLETED"]
        self.failures: list[int | str] = []
        self.log: tuple[int, str] = (200, "last words\n")
        self.deleting: dict[str, int] = {}
        self.asked: list[tuple[str, str]] = []

    def applications(self, patience_s: float = 2.0) -> Applications:
        configuration = client.Configuration(host=f"http://127.0.0.1:{self.server_port}")
        configuration.retries = False
        return Applications(client.ApiClient(configuration), NAMESPACE, patience_s)

    def count(self, verb: str) -> int:
        return sum(asked == verb for asked, _ in self.asked)

    def look(self, name: str) -> dict[str, Any] | None:
        found = self.held.get(name)
        if found is None:
            return None
        if name in self.deleting:
            self.deleting[name] -= 1
            if self.deleting[name] < 0:
                del self.held[name], self.deleting[name]
                return None
            return found
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        status = {"applicationState": {"state": state}} if isinstance(state, str) else state
        found["status"] = {"driverInfo": {"podName": f"{name}-driver"}, **status} if state else {}
        return found


class _Handler(BaseHTTPRequestHandler):
    server: Cluster

    def do_GET(self) -> None:
        path = urlsplit(self.path)
        if path.path.startswith(LOG):
            assert parse_qs(path.query)["container"] == ["spark-kubernetes-driver"]
            self.answer(*self.server.log)
        elif not self.fails():
            found = self.server.look(path.path.removeprefix(PATH + "/"))
            self.answer(200, found) if found else self.refuse(404)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        name = body["metadata"]["name"]
        lost = self.server.failures[:1] == ["created, answer lost"]
        if not lost and self.fails():
            return
        if name in self.server.held:
            self.refuse(409)
            return
        self.server.held[name] = body
        if lost:
            self.server.failures.pop(0)
            self.refuse(504)
        else:
            self.answer(201, body)

    def do_DELETE(self) -> None:
        name = urlsplit(self.path).path.removeprefix(PATH + "/")
        if self.fails():
            return
        if name not in self.server.held:
            self.refuse(404)
        elif name in self.server.deleting:
            self.server.held[name]["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
            self.answer(200, {"status": "Success"})
        else:
            del self.server.held[name]
            self.answer(200, {"status": "Success"})

    def fails(self) -> bool:
        self.server.asked.append((self.command, self.path))
        if not self.server.failures:
            return False
        failure = self.server.failures.pop(0)
        if failure == "hang up":
            self.close_connection = True
            self.connection.close()
        else:
            self.refuse(int(failure))
        return True

    def refuse(self, status: int) -> None:
        self.answer(status, {"kind": "Status", "status": "Failure", "code": status})

    def answer(self, status: int, body: Any) -> None:
        raw = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain" if isinstance(body, str) else "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def cluster() -> Iterator[Cluster]:
    server = Cluster()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
