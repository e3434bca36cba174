"""Servers as real processes: started on free ports, ready before they are asked, gone at the end; their CPU time."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil

BENCH = Path(__file__).parents[1]
ENVOY = """
admin: {{address: {{socket_address: {{address: 127.0.0.1, port_value: {admin}}}}}}}
static_resources:
  listeners:
  - address: {{socket_address: {{address: 127.0.0.1, port_value: {port}}}}}
    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: bench
          route_config:
            virtual_hosts:
            - {{name: all, domains: ["*"], routes: [{{match: {{prefix: "/"}}, route: {{cluster: server}}}}]}}
          http_filters:
          - name: envoy.filters.http.router
            typed_config: {{"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}}
  clusters:
  - name: server
    load_assignment:
      cluster_name: server
      endpoints:
        - lb_endpoints:
            - endpoint: {{address: {{socket_address: {{address: 127.0.0.1, port_value: {upstream}}}}}}}
"""


class Server:
    """One or more processes behind one port."""

    def __init__(self, port: int, processes: Sequence[subprocess.Popen[bytes]]) -> None:
        self.port, self.processes = port, list(processes)

    def cpu_s(self) -> float:
        """Return the CPU seconds, user and system, that its processes and their children have used."""
        total = 0.0
        for process in self.processes:
            whole = psutil.Process(process.pid)
            for each in (whole, *whole.children(recursive=True)):
                times = each.cpu_times()
                total += times.user + times.system
        return total


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(
    port: int, *commands: Sequence[str], ready: str = "/v2/health/ready", env: Mapping[str, str] | None = None
) -> Iterator[Server]:
    """Run commands as one server until the block ends; `ready` is asked of the last one."""
    environment = os.environ | {"PYTHONPATH": str(BENCH)} | dict(env or {})
    running = [
        subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for command in commands
    ]
    try:
        wait_for(port, ready, running)
        yield Server(port, running)
    finally:
        for process in reversed(running):
            process.terminate()
        for process in running:
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def wait_for(port: int, path: str, running: Sequence[subprocess.Popen[bytes]], seconds: float = 180) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=2) as found:
                if found.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            pass
        if any(process.poll() is not None for process in running) or time.monotonic() > deadline:
            raise SystemExit(f"{[process.args for process in running]}: did not become ready")
        time.sleep(0.02)


def python(module: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", module, *arguments]


@contextmanager
def behind_envoy(server: Server, folder: Path) -> Iterator[Server]:
    """Put Envoy, one worker thread, in front of a server; its CPU time counts with the server's."""
    port = free_port()
    config = folder / f"envoy-{port}.yaml"
    config.write_text(ENVOY.format(admin=free_port(), port=port, upstream=server.port))
    envoy = str(Path(sys.executable).with_name("envoy"))
    command = [envoy, "-c", str(config), "--concurrency", "1", "--use-dynamic-base-id", "-l", "off"]
    with serving(port, command) as front:
        yield Server(port, [*server.processes, *front.processes])


@contextmanager
def redis_server(folder: Path) -> Iterator[int]:
    port = free_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        while True:
            try:
                with socket.create_connection(("127.0.0.1", port), timeout=1):
                    break
            except OSError:
                time.sleep(0.02)
        yield port
    finally:
        process.terminate()
        process.wait()


def load(
    server: Server, bodies: Path, *, connections: int, first: int, seconds: float, rate: float = 0
) -> dict[str, float]:
    """Return what the load saw, with the CPU that the server used meanwhile."""
    command = python("serving_cases.load", "--port", str(server.port), "--bodies", str(bodies))
    command += [
        "--connections",
        str(connections),
        "--first",
        str(first),
        "--seconds",
        str(seconds),
        "--rate",
        str(rate),
    ]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": str(BENCH)}
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        before = server.cpu_s()
        time.sleep(seconds)
        used = server.cpu_s() - before
        found: dict[str, float] = json.loads(process.stdout.read())
    answered = max(found["answered"], 1)
    return found | {"cpu_us_per_request": used / answered * 1e6, "rps_per_core": answered / max(used, 1e-9)}
