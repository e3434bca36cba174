"""Submission against a server on loopback that speaks the part of the KFP v2beta1 API that a submission uses."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from pixguard import cli
from pixguard.steps.runs import remote
from pixguard.steps.runs.compile import compile_pipeline
from pixguard.steps.runs.errors import SubmitError

RUN = "6f2c-run"


class KfpServer(ThreadingHTTPServer):
    """Keeps what it is sent; a run goes through `states`, one a look, and stays in the last."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.requests: list[tuple[str, str, Any]] = []
        self.tokens: set[str | None] = set()
        self.states = ["PENDING", "RUNNING", "SUCCEEDED"]
        self.refusal: int | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def run(self) -> dict[str, Any]:
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        return {"run_id": RUN, "experiment_id": "e1", "display_name": "count-lines", "state": state}

    def posted(self) -> dict[str, Any]:
        (body,) = [body for method, path, body in self.requests if (method, path) == ("POST", "/apis/v2beta1/runs")]
        assert isinstance(body, dict)
        return body


class Handler(BaseHTTPRequestHandler):
    server: KfpServer

    def do_GET(self) -> None:
        self._answer(None)

    def do_POST(self) -> None:
        self._answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def _answer(self, body: Any) -> None:
        path = self.path.partition("?")[0]
        self.server.requests.append((self.command, path, body))
        self.server.tokens.add(self.headers.get("Authorization"))
        experiment = {"experiment_id": "e1", "display_name": "pixguard", "namespace": ""}
        answers: dict[tuple[str, str], Any] = {
            ("GET", "/apis/v2beta1/healthz"): {"multi_user": False},
            ("GET", "/apis/v2beta1/experiments"): {"experiments": [experiment], "total_size": 1},
            ("POST", "/apis/v2beta1/runs"): {"run_id": RUN, "experiment_id": "e1"},
        }
        if self.command == "GET" and path == f"/apis/v2beta1/runs/{RUN}":
            answers[self.command, path] = self.server.run()
        status = self.server.refusal or (200 if (self.command, path) in answers else 404)
        content = json.dumps(answers.get((self.command, path), {"message": "no"})).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[KfpServer]:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(remote, "_POLL_S", 0.01)
    with KfpServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def package(count_lines: Any, tmp_path: Path) -> Path:
    return compile_pipeline(count_lines, tmp_path / "compiled")


def submit(package: Path, server: KfpServer, **options: Any) -> remote.SubmittedRun:
    return remote.submit_pipeline(
        package, {"path": "/lake/x", "at_least": 2}, host=server.url, experiment="pixguard", **options
    )


def test_a_run_is_started_with_its_graph_and_its_parameters(package: Path, server: KfpServer) -> None:
    run = submit(package, server, token="secret-token", service_account="train-model")
    assert run == remote.SubmittedRun(RUN, f"{server.url}/#/runs/details/{RUN}", "PENDING")
    posted = server.posted()
    assert (posted["experiment_id"], posted["service_account"]) == ("e1", "train-model")
    assert posted["runtime_config"]["parameters"] == {"path": "/lake/x", "at_least": 2}
    assert set(posted["pipeline_spec"]["deploymentSpec"]["executors"]) == {"exec-count", "exec-publish", "exec-record"}
    assert server.tokens == {"Bearer secret-token"}


@pytest.mark.parametrize("end", ["SUCCEEDED", "FAILED", "CANCELED"])
def test_waiting_ends_with_the_run(package: Path, server: KfpServer, end: str) -> None:
    server.states = ["PENDING", "RUNNING", end]
    assert submit(package, server, wait_s=30).state == end


def test_a_run_that_goes_on_is_said_to_go_on(package: Path, server: KfpServer) -> None:
    server.states = ["RUNNING"]
    with pytest.raises(SubmitError, match=r"still RUNNING after 0\.05 s; it goes on: http"):
        submit(package, server, wait_s=0.05)


@pytest.mark.parametrize(
    ("status", "hint"), [(401, "set PIXGUARD_KFP_TOKEN"), (403, "may not start"), (500, "its log")]
)
def test_a_refusal_says_what_to_do(package: Path, server: KfpServer, status: int, hint: str) -> None:
    server.refusal = status
    with pytest.raises(SubmitError, match=f"refused the run: {status} .*{hint}"):
        submit(package, server)


def test_an_address_where_nobody_answers_is_named(package: Path, server: KfpServer) -> None:
    with KfpServer() as gone:
        url = gone.url
    with pytest.raises(SubmitError, match=f"no KFP API server answers at {url}"):
        remote.submit_pipeline(package, {}, host=url, experiment="pixguard")


def test_half_an_address_is_refused(package: Path) -> None:
    with pytest.raises(SubmitError, match=r"give it whole, such as https://kfp\.example\.com"):
        remote.submit_pipeline(package, {}, host="kfp.example.com", experiment="pixguard")


def test_the_command_line_submits_and_fails_when_the_run_fails(
    three_lines: Path, server: KfpServer, capsys: pytest.CaptureFixture[str]
) -> None:
    pipeline = str(Path(__file__).with_name("count_lines.py"))
    command = [
        "submit",
        pipeline,
        "--host",
        server.url,
        "--param",
        f"path={three_lines}",
        "--registry",
        "reg.example/risk",
    ]
    assert cli.main(command) == 0
    assert f"count-lines: PENDING {server.url}/#/runs/details/{RUN}" in capsys.readouterr().out
    executors = server.posted()["pipeline_spec"]["deploymentSpec"]["executors"]
    assert executors["exec-count"]["container"]["image"] == "reg.example/risk/pixguard-train:test"
    server.requests.clear()
    server.states = ["FAILED"]
    assert cli.main([*command, "--wait", "30"]) == 1
