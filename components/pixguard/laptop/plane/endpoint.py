"""The plane's own small HTTP address: versions as JSON, and everything Prometheus may scrape in one text."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

from pixguard.laptop.plane import stream
from pixguard.laptop.plane.supervisor import Supervisor


def versions(plane: Supervisor) -> dict[str, dict[str, Any]]:
    """Return what happened to each version, as Envoy counted it, and where its replicas answer directly."""
    weights = plane.routes.weights if plane.routes else {}
    totals = plane.ledger.totals()
    ports = plane.fleet.endpoints()
    found = {}
    for name in sorted(totals.keys() | ports.keys() | weights.keys()):
        counts = totals.get(name)
        found[name] = {
            "ready": bool(ports.get(name)),
            "weight": weights.get(name, 0),
            "requests": counts.requests if counts else 0,
            "errors": counts.errors if counts else 0,
            "latency_ms": {
                "p50": counts.quantile_ms(0.5) if counts else None,
                "p99": counts.quantile_ms(0.99) if counts else None,
            },
            "histogram": counts.to_json()["histogram"] if counts else [],
            "restarts": plane.fleet.restarts.get(name, 0),
            "since": plane.ledger.since.get(name),
            "urls": [f"http://127.0.0.1:{http_port}" for http_port, _ in ports.get(name, ())],
        }
    return found


class _Everything(Collector):
    """What the plane knows, and what servers and stream say; the samples of a server bear its version and replica."""

    def __init__(self, plane: Supervisor) -> None:
        self._plane = plane

    def collect(self) -> Iterable[Metric]:
        yield from _own(versions(self._plane))
        yield from _merged(self._servers())

    def _servers(self) -> Iterator[tuple[dict[str, str], str]]:
        replicas = [each for each in list(self._plane.fleet.replicas.values()) if each.ready]
        with ThreadPoolExecutor(8) as pool:
            texts = pool.map(lambda each: scrape(each.ports[0]), replicas)
            for replica, text in zip(replicas, texts, strict=True):
                yield {"version": replica.version, "replica": replica.name}, text
        if self._plane.stream is not None:
            yield {}, stream.metrics(self._plane.stream.running)


def _own(found: Mapping[str, Mapping[str, Any]]) -> Iterator[Metric]:
    by = ["version"]
    requests = CounterMetricFamily("pixguard_version_requests", "Requests by version, counted by Envoy", None, by)
    errors = CounterMetricFamily("pixguard_version_errors", "5xx, resets and timeouts by version", None, by)
    weight = GaugeMetricFamily("pixguard_version_weight", "Percent of the requests that a version gets", None, by)
    for name, each in found.items():
        requests.add_metric([name], each["requests"])
        errors.add_metric([name], each["errors"])
        weight.add_metric([name], each["weight"])
    yield from (requests, errors, weight)


def _merged(texts: Iterable[tuple[dict[str, str], str]]) -> Iterator[Metric]:
    """Yield every family once, with the samples of all servers."""
    families: dict[str, Metric] = {}
    for labels, text in texts:
        for family in text_string_to_metric_families(text):
            whole = families.setdefault(family.name, Metric(family.name, family.documentation, family.type))
            for sample in family.samples:
                whole.samples.append(sample._replace(labels={**sample.labels, **labels}))
    yield from families.values()


def scrape(port: int) -> str:
    """Return a server's /metrics, empty where it has none or does not answer: scraping goes on without it."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1.0)
    try:
        connection.request("GET", "/metrics")
        answer = connection.getresponse()
        return answer.read().decode() if answer.status == 200 else ""
    except (OSError, http.client.HTTPException):
        return ""
    finally:
        connection.close()


class Endpoint:
    """Serves /versions and /metrics on the loopback, on `port` if it is free."""

    def __init__(self, plane: Supervisor, port: int) -> None:
        handler = type("Handler", (_Handler,), {"plane": plane})
        try:
            self._server = ThreadingHTTPServer(("127.0.0.1", port), handler)
        except OSError:
            self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, name="endpoint", daemon=True).start()

    def close(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    plane: Supervisor
    timeout = 10
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/versions":
            self._answer(200, "application/json", json.dumps(versions(self.plane)).encode())
        elif self.path == "/metrics":
            self._answer(200, CONTENT_TYPE_LATEST, generate_latest(_Everything(self.plane)))
        else:
            self._answer(404, "text/plain", b"ask for /versions or /metrics\n")

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing of scrapes."""

    def _answer(self, code: int, kind: str, body: bytes) -> None:
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
