"""A payment's way through the predictor against what else there is, `make bench-serving [DATA=<payments>]`.

Cases, in turn on one machine: `textbook` (a KServe transformer that asks Feast on Redis, a KServe torch predictor, all
defaults), `ours` on Redis, `ours_embedded` on SQLite, `floor` (a stock KServe server that returns a constant), `limit`
(a constant from bare ASGI, a raw Redis read, the ONNX session); each alone and behind Envoy, at 1 and 16 connections.
CPU is that of the serving processes (and of Envoy); Redis and the load generator are not in it.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import orjson
from serving_cases import parts, textbook
from serving_cases.processes import Server, behind_envoy, free_port, load, python, redis_server, serving
from serving_cases.world import World, found_states, make_world, write_states
from table import Row, finish

METRICS = {"p50_ms": "ms", "p99_ms": "ms", "rps": "1/s", "rps_per_core": "1/s", "cpu_us_per_request": "us"}
Case = Callable[[], AbstractContextManager[Server]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="Parquet file or folder of payments (simulated)")
    parser.add_argument("--payments", type=int, default=30_000)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--cases", nargs="+", default=["textbook", "ours", "ours_embedded", "floor", "limit"])
    told = parser.parse_args()
    if shutil.which("redis-server") is None:
        raise SystemExit("no redis-server on the PATH, and every alternative needs it: install Debian's redis-server")
    with tempfile.TemporaryDirectory() as name, redis_server(Path(name)) as redis:
        world = make_world(Path(name), told.data, told.payments)
        bench = Bench(world, redis, told.seconds)
        rows = [row for case in told.cases for row in bench.case(case)]
        rows += parts.rows(world, f"redis://127.0.0.1:{redis}")
        rows += bench.ratios(rows)
    finish("serving", rows)


class Bench:
    """The cases over one world."""

    def __init__(self, world: World, redis: int, seconds: float) -> None:
        self.world, self.redis, self.seconds, self.asked_so_far = world, redis, seconds, 0
        self.bodies = world.folder / "bodies.jsonl"
        texts = [orjson.dumps({"instances": [_sent(payment)]}) for payment in world.asked]
        self.bodies.write_bytes(b"\n".join(texts))
        self.sqlite = f"sqlite://{world.folder}/online.db"
        for address in (f"redis://127.0.0.1:{redis}", self.sqlite):
            write_states(address, world.states)
        states = found_states(world.asked, world.states)
        textbook.prepare(world.folder / "textbook", redis, world.asked, states)

    def case(self, name: str) -> Iterator[Row]:
        """Yield the figures of one case, alone and behind Envoy."""
        start = getattr(self, f"_{name}")
        with start() as server:
            yield from self._loads(name, server)
            if name.startswith("ours"):
                yield from self._half(name, server)
            with behind_envoy(server, self.world.folder) as front:
                yield from self._loads(f"{name}_envoy", front)
        if name.startswith("ours"):
            yield from parts.correctness(name, self.world.folder / "decisions" / name, self.world, self.redis)

    def _loads(self, name: str, server: Server) -> Iterator[Row]:
        for connections in (1, 16):
            found = self._load(server, connections)
            case = f"{name}_{connections}"
            yield from (Row(case, metric, found[metric], unit) for metric, unit in METRICS.items())
            yield Row(case, "failed_requests", found["errors"], "requests")
            self.rps = found["rps"]

    def _half(self, name: str, server: Server) -> Iterator[Row]:
        """Yield the latencies at half of what 16 connections could get, sent at a fixed rate."""
        found = self._load(server, 16, rate=self.rps / 2)
        yield from (
            Row(f"{name}_half", metric, found[metric], METRICS[metric]) for metric in ("p50_ms", "p99_ms", "rps")
        )

    def _load(self, server: Server, connections: int, rate: float = 0) -> dict[str, float]:
        self.asked_so_far += 10_000_000
        return load(
            server, self.bodies, connections=connections, first=self.asked_so_far, seconds=self.seconds, rate=rate
        )

    @contextmanager
    def _textbook(self) -> Iterator[Server]:
        predictor, transformer = free_port(), free_port()
        common = ("--grpc_port", str(free_port()), "--http_port")
        weights = str(self.world.version.torch)
        first = python("serving_cases.textbook", "predictor", "--weights", weights, *common, str(predictor))
        common = ("--grpc_port", str(free_port()), "--http_port")
        folder = str(self.world.folder / "textbook")
        second = python(
            "serving_cases.textbook",
            "transformer",
            "--folder",
            folder,
            "--predictor",
            str(predictor),
            *common,
            str(transformer),
        )
        with ExitStack() as stack:
            behind = stack.enter_context(serving(predictor, first))
            front = stack.enter_context(serving(transformer, second))
            yield Server(transformer, [*behind.processes, *front.processes])

    def _ours(self) -> AbstractContextManager[Server]:
        return self._predictor("ours", f"redis://127.0.0.1:{self.redis}")

    def _ours_embedded(self) -> AbstractContextManager[Server]:
        return self._predictor("ours_embedded", self.sqlite)

    def _predictor(self, name: str, store: str) -> AbstractContextManager[Server]:
        port, version = free_port(), str(self.world.version.folder)
        command = python("pixguard.predictor", "--model_dir", version, "--http_port", str(port), "--grpc_port", "0")
        environment = {
            "PIXGUARD_PUBLIC_KEY": str(self.world.public_key),
            "PIXGUARD_ONLINE_STORE": store,
            "PIXGUARD_DECISION_LOG": f"file://{self.world.folder}/decisions/{name}",
        }
        return serving(port, command, env=environment)

    def _floor(self) -> AbstractContextManager[Server]:
        port = free_port()
        return serving(port, python("serving_cases.floor", "--http_port", str(port), "--grpc_port", str(free_port())))

    def _limit(self) -> AbstractContextManager[Server]:
        port, onnx = free_port(), str(self.world.version.onnx)
        return serving(
            port, python("serving_cases.limit", "--http_port", str(port), "--redis", str(self.redis), "--onnx", onnx)
        )

    def ratios(self, rows: list[Row]) -> Iterator[Row]:
        """Yield what the goals are about, where both sides were run."""
        value = {(row.case, row.metric): row.value for row in rows}
        for name, case, other, metric in (
            ("rps_per_core_to_textbook", "ours_16", "textbook_16", "rps_per_core"),
            ("p50_to_textbook", "ours_1", "textbook_1", "p50_ms"),
            ("cpu_to_floor", "ours_16", "floor_16", "cpu_us_per_request"),
            ("cpu_to_limit", "ours_16", "limit_16", "cpu_us_per_request"),
        ):
            if {(case, metric), (other, metric)} <= value.keys():
                yield Row("ours", name, value[case, metric] / value[other, metric], "ratio")


def _sent(payment: object) -> dict[str, object]:
    whole: dict[str, object] = orjson.loads(orjson.dumps(payment))
    return {name: value for name, value in whole.items() if value is not None}


if __name__ == "__main__":
    main()
