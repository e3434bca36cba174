"""The plane's versions_url: read strictly, counted from a mark."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from pixguard.evidence import Plane, SourceError, Trial
from pixguard.evidence.plane import read_versions
from pixguard.rollout import Histogram, Tally

TRIAL = Trial("laptop", "c0ffee", datetime(2026, 1, 1, tzinfo=UTC), "v1", "v2", 5)


class Answers:
    """A server that answers whatever `body` is."""

    def __init__(self) -> None:
        self.body: Any = {}
        self.status = 200
        self.paths: list[str] = []
        answers = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                answers.paths.append(self.path)
                body = answers.body(self.path) if callable(answers.body) else answers.body
                text = body.encode() if isinstance(body, str) else json.dumps(body).encode()
                self.send_response(answers.status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, format: str, *arguments: Any) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def answers() -> Iterator[Answers]:
    running = Answers()
    yield running
    running.stop()


def version(weight: int, requests: int = 100, errors: int = 0, **changes: Any) -> dict[str, Any]:
    return {"ready": True, "weight": weight, "requests": requests, "errors": errors,
            "latency_ms": {"p50": 1, "p99": 2}, "since": "2026-01-01T00:00:00Z"} | changes  # fmt: skip


def test_weights_and_addresses_say_how_things_stand(answers: Answers) -> None:
    plane = Plane(answers.url)
    answers.body = {"v1": version(95, urls=["http://127.0.0.1:1"]), "v2": version(5, urls=["http://127.0.0.1:2/"])}
    now = plane.now(TRIAL)
    assert (now.ready, now.applied) == (True, True)
    assert (now.stable_endpoints, now.canary_endpoints) == (("http://127.0.0.1:1",), ("http://127.0.0.1:2",))
    answers.body = {"v1": version(100), "v2": version(0)}
    assert not plane.now(TRIAL).applied
    answers.body = {"v1": version(95), "v2": version(5, ready=False)}
    assert (plane.now(TRIAL).ready, plane.now(TRIAL).applied) == (False, False)
    answers.body = {"v1": version(100)}
    assert not plane.now(TRIAL).ready


def test_counts_begin_at_the_mark(answers: Answers) -> None:
    plane = Plane(answers.url)
    answers.body = {"v1": version(95, 1000, 10), "v2": version(5, 50, 5, histogram=[[1, 40], [None, 50]])}
    mark = json.loads(json.dumps(plane.mark(TRIAL)))
    answers.body = {"v1": version(95, 1900, 11), "v2": version(5, 150, 5, histogram=[[1, 100], [None, 150]])}
    stable, canary = plane.counted(TRIAL, TRIAL.asked_at, mark)
    assert (stable.errors, canary.errors) == (Tally(1, 900), Tally(0, 100))
    assert canary.latency_ms == Histogram((1.0, 10.0), (60, 40))
    assert stable.latency_ms is None


def test_a_proxy_that_began_anew_counts_from_nothing(answers: Answers) -> None:
    plane = Plane(answers.url)
    answers.body = {"v1": version(95, 1000, 10), "v2": version(5, 50, 5)}
    mark = plane.mark(TRIAL)
    answers.body = {"v1": version(95, 7, 1), "v2": version(5, 60, 6, since="2026-01-02T00:00:00Z")}
    stable, canary = plane.counted(TRIAL, TRIAL.asked_at, mark)
    assert (stable.errors, canary.errors) == (Tally(1, 7), Tally(6, 60))
    answers.body = {"v1": version(95)}
    assert plane.counted(TRIAL, TRIAL.asked_at, mark)[1].errors == Tally()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ([], "found a list"),
        ("<html>", "answers no JSON"),
        ({"v1": {}}, "version v1: KeyError"),
        ({"v1": version(5, ready="yes")}, "ready 'yes'"),
        ({"v1": version(5, requests=1.5)}, "requests 1.5"),
        ({"v1": version(5, 1, 2)}, "2 of 1"),
        ({"v1": version(5, histogram=[[2, 1], [1, 2]])}, "edges ascending"),
    ],
)
def test_an_answer_that_nobody_agreed_upon_is_refused(answers: Answers, body: Any, said: str) -> None:
    answers.body = body
    with pytest.raises(SourceError, match=said):
        read_versions(answers.url)


def test_a_plane_that_is_down_or_ill_is_said(answers: Answers) -> None:
    answers.status = 503
    with pytest.raises(SourceError, match="HTTP 503"):
        read_versions(answers.url)
    with pytest.raises(SourceError, match="does not answer") as caught:
        read_versions("http://user:secret@127.0.0.1:9/versions")
    assert "secret" not in str(caught.value)
