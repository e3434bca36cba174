import socket
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from pixguard.registry import Registry, RegistryUnreachableError, RegistryUriError
from pixguard.registry.connection import check_reachable, database_file


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Broken(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(503)
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def broken_server() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Broken)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_no_server_fails_within_seconds_and_says_what_to_do(free_port: int) -> None:
    start = time.monotonic()
    with pytest.raises(RegistryUnreachableError, match=rf"127\.0\.0\.1:{free_port} does not answer.*start the server"):
        Registry(f"http://127.0.0.1:{free_port}", "pix")
    assert time.monotonic() - start < 10


def test_a_silent_server_fails_within_seconds() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        start = time.monotonic()
        with pytest.raises(RegistryUnreachableError, match="timed out"):
            check_reachable(f"http://127.0.0.1:{silent.getsockname()[1]}")
        assert time.monotonic() - start < 15


def test_a_server_in_trouble_is_named(broken_server: str) -> None:
    with pytest.raises(RegistryUnreachableError, match="answers 503 on /health"):
        check_reachable(broken_server)


@pytest.mark.parametrize("uri", ["mlruns", "file:///tmp/mlruns", "", "databricks", "http://"])
def test_other_addresses_are_refused(uri: str) -> None:
    with pytest.raises(RegistryUriError, match="wanted http"):
        check_reachable(uri)


def test_a_database_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RegistryUnreachableError, match=r"Not a directory|File exists"):
        check_reachable(f"sqlite:///{tmp_path / 'file' / 'mlflow.db'}")
    (tmp_path / "mlflow.db").mkdir()
    with pytest.raises(RegistryUnreachableError, match="cannot be written"):
        check_reachable(f"sqlite:///{tmp_path / 'mlflow.db'}")


def test_sqlite_addresses_are_relative_or_absolute() -> None:
    assert database_file("sqlite:////data/mlflow.db") == Path("/data/mlflow.db")
    assert database_file("sqlite:///mlflow.db?timeout=5") == Path("mlflow.db")
