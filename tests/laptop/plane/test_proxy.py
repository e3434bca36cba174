"""A real Envoy: what it confirms, and what it counts."""

import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent import futures
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import grpc
import pytest

from pixguard.laptop.plane import counters, process
from pixguard.laptop.plane.folder import Folder
from pixguard.laptop.plane.proxy import Proxy
from tests.laptop.world import until


class Plain(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(int(self.path.strip("/")))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


class Calls(grpc.GenericRpcHandler):
    """Answers with the status that the method is called after."""

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler:
        name = str(details.method).rpartition("/")[2]

        def answer(_request: bytes, context: grpc.ServicerContext) -> bytes:
            if name == "Late":
                time.sleep(3)
            elif name != "OK":
                context.abort(grpc.StatusCode[name], "as asked")
            return b""

        return grpc.unary_unary_rpc_method_handler(answer)


@pytest.fixture
def servers() -> Iterator[tuple[int, int]]:
    """The ports of an HTTP server and of a gRPC server."""
    plain = ThreadingHTTPServer(("127.0.0.1", 0), Plain)
    threading.Thread(target=plain.serve_forever, daemon=True).start()
    calls = grpc.server(futures.ThreadPoolExecutor(4), handlers=[Calls()])
    port = calls.add_insecure_port("127.0.0.1:0")
    calls.start()
    yield plain.server_address[1], port
    calls.stop(None).wait()
    plain.shutdown()
    plain.server_close()


@pytest.fixture
def proxy(tmp_path: Path) -> Iterator[Proxy]:
    folder = Folder.of(tmp_path)
    made = Proxy(folder, None)
    yield made
    process.stop_all(process.marked(folder), 5)


def settle(proxy: Proxy) -> None:
    until(lambda: proxy.observe() or proxy.settled)


def get(proxy: Proxy, path: str) -> int:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{proxy.addresses.port}/{path}", timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def test_envoy_confirms_what_it_took_up(proxy: Proxy, servers: tuple[int, int]) -> None:
    settle(proxy)
    assert get(proxy, "200") == 503
    proxy.write({"v1": [servers]}, {}, 2)
    assert not proxy.settled
    settle(proxy)
    assert proxy.reached == {"v1"}
    proxy.write({"v1": [servers]}, {"v1": 100}, 2)
    settle(proxy)
    assert get(proxy, "200") == 200
    proxy.write({"v1": [servers]}, {"v1": 100}, 2)
    assert proxy.settled  # nothing new was written
    proxy.write({"v1": []}, {"v1": 100}, 2)
    settle(proxy)
    assert proxy.reached == frozenset()
    assert get(proxy, "200") == 503


def test_errors_are_the_servers_over_http_and_over_grpc(proxy: Proxy, servers: tuple[int, int]) -> None:
    proxy.write({"v1": [servers]}, {"v1": 100}, 2)
    settle(proxy)
    for code in (200, 200, 400, 404, 429, 500, 503):
        assert get(proxy, str(code)) == code
    with grpc.insecure_channel(f"127.0.0.1:{proxy.addresses.port}") as channel:
        for name in ("OK", "INVALID_ARGUMENT", "RESOURCE_EXHAUSTED", "INTERNAL", "UNKNOWN", "Late"):
            call = channel.unary_unary(f"/inference.GRPCInferenceService/{name}")
            if name == "OK":
                call(b"", timeout=10)
            else:
                with pytest.raises(grpc.RpcError):
                    call(b"", timeout=10)

    def found() -> counters.Counts:
        text = proxy.ask("/stats/prometheus?filter=" + counters.FILTER) or ""
        return counters.read_counts(text).get("v1", counters.Counts())

    counts = until(lambda: c if (c := found()).requests == 13 else None)
    assert counts.errors == 2 + 3  # 500 and 503; INTERNAL, UNKNOWN and the one that took too long
    assert until(lambda: found().quantile_ms(0.5), 10) < 1000
