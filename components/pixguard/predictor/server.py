"""The process: listen, load, answer; at SIGTERM first be not ready, then drain, then write the log out and end."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import logging
import signal
import socket
import sys
from collections.abc import Generator
from typing import Any

import uvicorn
import uvloop

from pixguard.decision_log import DecisionLog, open_decision_log
from pixguard.errors import PixguardError
from pixguard.online_store import open_online_store
from pixguard.predictor.admission import Admission
from pixguard.predictor.freshness import Freshness
from pixguard.predictor.memory import Memory
from pixguard.predictor.metrics import Metrics
from pixguard.predictor.one_write import OneWrite
from pixguard.predictor.options import Options
from pixguard.predictor.rest import Front
from pixguard.predictor.scorer import Scorer
from pixguard.predictor.served import Served
from pixguard.predictor.service import Service
from pixguard.predictor.states import StateReader
from pixguard.pulse import open_pulses

log = logging.getLogger(__name__)
RARELY = (20_000, 50, 100)  # requests leave no cycles, and a full collection would walk through all remembered answers
KEEP_ALIVE_S = 3600  # a proxy's idle connections must not end under it


class _Uvicorn(uvicorn.Server):
    """uvicorn without its signal handlers: the process decides when it stops listening."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


class Process:
    """One replica from start to end."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._service = Service(options.model_name, Admission(options.max_waiting, options.max_batch))
        self._log: DecisionLog | None = None
        self._reader: StateReader | None = None
        self._watching: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Serve until SIGTERM or SIGINT; OSError where a port is taken."""
        options, stop = self._options, asyncio.Event()
        loop = asyncio.get_running_loop()
        for each in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(each, stop.set)
        listener = _listen(options.host, options.http_port)
        front = Front(self._service, max_body_bytes=options.max_body_bytes)
        http = _Uvicorn(_configuration(front, options))
        serving = asyncio.create_task(http.serve(sockets=[listener]))
        loading = asyncio.create_task(self._load())
        grpc_server = await self._start_grpc(listener.getsockname()[1])
        await stop.wait()
        log.info("told to end: not ready from now on, %.1f s until the listener closes", options.drain_s)
        self._service.ending()
        await asyncio.sleep(options.drain_s)
        http.should_exit = True
        if grpc_server is not None:
            await grpc_server.stop(options.grace_s)
        await serving
        loading.cancel()
        await self._close()

    async def _start_grpc(self, http_port: int) -> Any:
        options, port, server = self._options, None, None
        if options.grpc_port >= 0:
            start_grpc = await asyncio.to_thread(_import_grpc)
            server, port = await start_grpc(self._service, options.host, options.grpc_port, options.max_body_bytes)
        sys.stdout.write(json.dumps({"event": "listening", "http_port": http_port, "grpc_port": port}) + "\n")
        sys.stdout.flush()
        return server

    async def _load(self) -> None:
        """Load the version beside the event loop; whatever is wrong with it leaves the process alive and not ready."""
        try:
            scorer = await asyncio.to_thread(self._scorer)
        except PixguardError as error:
            log.error("the version in %s is not served: %s", self._options.model_dir, error)
            self._service.failed(str(error))
            return
        except Exception as error:
            log.exception("the version in %s cannot be loaded", self._options.model_dir)
            self._service.failed(f"{type(error).__name__} while loading; the log of this replica says more")
            return
        if self._reader is not None and self._reader.freshness is not None:
            await self._reader.freshness.look()  # before the first payment
            self._watching = asyncio.create_task(self._reader.freshness.watch())
        gc.collect()
        gc.freeze()  # what is loaded stays: the collector need not walk through it again
        gc.set_threshold(*RARELY)
        self._service.loaded(scorer)
        log.info("ready: %s version %s", self._options.model_name, scorer.served.name)

    def _scorer(self) -> Scorer:
        options = self._options
        served = Served.load(options.model_dir, options.public_key)
        metrics = Metrics(options.model_name, served.name)
        # The store's own timeout is for what the deadline cannot interrupt: a connection that hangs.
        store = open_online_store(
            options.online_store, served.feature_set, timeout_s=max(1.0, options.store_deadline_s)
        )
        self._reader = StateReader(store, deadline_s=options.store_deadline_s)
        pulses = open_pulses(options.online_store, served.feature_set)
        self._reader.freshness = Freshness(pulses, metrics.stream_lag, options.stale_after_s)
        self._log = open_decision_log(options.decision_log, options.replica, on_drop=metrics.dropped.inc)
        return Scorer(options.model_name, served, reader=self._reader, log=self._log, metrics=metrics, memory=Memory())

    async def _close(self) -> None:
        if self._watching is not None:
            self._watching.cancel()
        if self._log is not None:
            lost = await asyncio.to_thread(self._log.close)
            log.info("decision log: closed, %d decisions dropped in this process's life", lost)
        if self._reader is not None:
            await self._reader.aclose()


def serve(options: Options) -> None:
    """Run the process on uvloop, which the SDK's own server never does with one worker."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(Process(options).run())


def _configuration(front: Front, options: Options) -> uvicorn.Config:
    return uvicorn.Config(
        front,
        http=OneWrite,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=int(options.grace_s) or 1,
    )


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family, backlog=2048)
    listener.setblocking(False)
    return listener


def _import_grpc() -> Any:
    from pixguard.predictor.kserve_model import start_grpc  # noqa: PLC0415 - its import takes a second; HTTP is up already

    return start_grpc
