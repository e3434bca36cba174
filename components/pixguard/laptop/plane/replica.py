"""One replica of a version: its process over restarts, from start to the last signal."""

from __future__ import annotations

import hashlib
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

from pixguard.laptop.plane import process, rules
from pixguard.laptop.plane.container import Container, Place, Probe, launch
from pixguard.laptop.plane.folder import Folder
from pixguard.laptop.plane.manifest import Version
from pixguard.laptop.plane.plan import Seen
from pixguard.laptop.plane.probe import Asking
from pixguard.laptop.plane.process import Process

ROLE = "server"
EAGER_S = 0.2  # how often one that starts is asked: a version on its way should not wait for a probe's period
STEADY_S = 30.0  # ready for so long, it is no crash loop any more


def template(version: Version) -> str:
    """Return what two replicas share when one may stand for the other."""
    return hashlib.sha256(repr((version.wanted.uri, version.container)).encode()).hexdigest()[:12]


@dataclass(frozen=True)
class Patience:
    """How a replica is let go: how long it stays after nobody is sent there, and how long it may take to end."""

    grace_s: float = 1.0
    end_s: float = 10.0


class Replica:
    """A slot that a server process fills; a process that ends is started again, ever more slowly."""

    def __init__(self, name: str, version: str, kind: str, running: Process | None = None) -> None:
        self.name = name
        self.version = version
        self.template = kind
        self.running = running
        self.failures = 0
        self.said = ""  # what went wrong last
        self._why = ""
        self.leaving = False
        self.gone = False
        self._again = 0.0
        self._told = 0.0  # when it was told to end
        self._quit_at: float | None = None
        self._since = time.monotonic()
        self._readiness = Asking(Probe(), 0)
        self._liveness: Asking | None = None
        self._startup = Probe()
        if running is not None:
            self._watch(running)
            self._readiness.ask_now()

    @property
    def ready(self) -> bool:
        """Return whether requests may go to it."""
        return self.running is not None and self._readiness.good and not self._told

    @property
    def seen(self) -> Seen:
        """Return what the plan looks at."""
        return Seen(self.name, self.version, self.template, self.ready, self.leaving)

    @property
    def ports(self) -> tuple[int, int]:
        """Return the ports for HTTP and gRPC; zeros while no process runs."""
        facts = self.running.facts if self.running else {}
        return facts.get("http_port", 0), facts.get("grpc_port", 0)

    def start(self, folder: Folder, container: Container, model: Path) -> None:
        """Start a process when none runs and the wait after a failure is over."""
        if self.running or self.leaving or time.monotonic() < self._again:
            return
        http, grpc = process.free_ports(2)
        argv, env = launch(container, Place(self.name, str(model), http, grpc))
        facts = {
            "role": ROLE,
            "version": self.version,
            "template": self.template,
            "http_port": http,
            "grpc_port": grpc,
            "startup": asdict(container.startup),
            "readiness": asdict(container.readiness),
            "liveness": asdict(container.liveness) if container.liveness else None,
        }
        self._watch(process.start(folder, self.name, argv, env, **facts))

    def observe(self, pool: ThreadPoolExecutor) -> None:
        """See whether the process lives and how it answers."""
        if self.running is None:
            return
        if not self.running.alive():
            self._failed()
            return
        if self._told:
            return
        waiting = not self._readiness.answered
        self._readiness.step(pool, EAGER_S if waiting else None)
        age = time.monotonic() - self._since
        if waiting and age > self._startup.patience_s:
            self._kill(f"not ready within {self._startup.patience_s:g} s")
        elif self._liveness and not waiting:
            self._liveness.step(pool)
            if self._liveness.failures >= self._liveness.probe.failures:
                self._kill(f"{self._liveness.probe.path} failed {self._liveness.failures} times")
        if self.ready and age > STEADY_S:
            self.failures, self.said = 0, ""

    def leave(self) -> None:
        """Take it out of service; its process ends later, when nobody is sent to it."""
        self.leaving = True

    def stay(self) -> None:
        """Take it back into service, unless its process was told to end."""
        if not self._told:
            self.leaving, self._quit_at = False, None

    def let_go(self, folder: Folder, patience: Patience, unasked: bool) -> None:
        """End a leaving replica step by step; `unasked`: the proxy confirmed that it sends nobody here."""
        now = time.monotonic()
        if self.running is None:
            self.gone = True
        elif not self._told:
            if unasked and self._quit_at is None:
                self._quit_at = now + patience.grace_s
            if self._quit_at is not None and now >= self._quit_at:
                self._told = now
                self.running.signal(signal.SIGTERM)
        elif now > self._told + patience.end_s:
            self.running.signal(signal.SIGKILL)
        if self.gone:
            process.forget(folder, Process(self.name, 0, 0))

    def _watch(self, running: Process) -> None:
        facts = running.facts
        self.running, self._since = running, time.monotonic()
        self._startup = Probe(**facts["startup"])
        self._readiness = Asking(Probe(**facts["readiness"]), facts["http_port"])
        self._liveness = Asking(Probe(**facts["liveness"]), facts["http_port"]) if facts["liveness"] else None

    def _kill(self, why: str) -> None:
        """End a process that does not do its work; that it ended is seen like any other end."""
        self._why = why
        if self.running:
            self.running.signal(signal.SIGKILL)

    def _failed(self) -> None:
        self.running = None
        if self.leaving:
            return
        self.failures += 1
        self._again = time.monotonic() + rules.wait_s(self.failures)
        why, self._why = self._why or "its process ended", ""
        self.said = f"{why}, failure {self.failures} in a row; see `pixguard logs {self.name}`"
