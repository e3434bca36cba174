"""KServe's part: keep what the newest valid commit wants running, and requests going to what is ready."""

from __future__ import annotations

import logging
import threading
import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from pixguard.laptop.plane import console, counters, process, rules, store, stream
from pixguard.laptop.plane import folder as files
from pixguard.laptop.plane.cache import Cache
from pixguard.laptop.plane.errors import PlaneError
from pixguard.laptop.plane.fleet import Fleet
from pixguard.laptop.plane.folder import Folder
from pixguard.laptop.plane.kept import Kept
from pixguard.laptop.plane.manifest import NOTHING, Desired, Version
from pixguard.laptop.plane.proxy import Proxy
from pixguard.laptop.plane.replica import Patience
from pixguard.laptop.plane.rules import Routes
from pixguard.laptop.plane.status import Observed, stamped, status
from pixguard.laptop.plane.sync import Sync

TICK_S, COUNT_S, LOGS_S = 0.05, 0.5, 10.0
log = logging.getLogger("pixguard.plane")


class Supervisor:
    """The plane's loop; it owns every process, takes over those that run, and leaves them running when it ends."""

    def __init__(
        self, folder: Folder, overlay: str, patience: Patience, *, with_console: bool = True, with_stream: bool = True
    ) -> None:
        recorded = {each.name: each for each in process.recorded(folder)}
        self.folder = folder
        self.store = Kept(partial(store.start, folder), recorded.get(store.NAME))
        self.proxy = Proxy(folder, recorded.get("envoy"))
        shown = partial(console.start, folder, overlay)
        self.console = Kept(shown, recorded.get(console.NAME)) if with_console else None
        online_store = given(folder)["PIXGUARD_ONLINE_STORE"]
        self.stream = stream.kept(folder, online_store, recorded.get(stream.NAME), wanted=with_stream)
        self.sync = Sync(folder, overlay, given(folder))
        self.cache = Cache(folder)
        self.fleet = Fleet(folder, patience)
        self.fleet.adopt(recorded.values())
        self.ledger = counters.Ledger(files.read(folder.counters))
        saved = files.read(folder.root / "routes.json")
        self.routes = Routes(saved["holder"], saved["weights"]) if saved else None
        self._asked: set[str] = set()  # versions that the proxy may still send requests to
        self.status: dict[str, Any] = files.read(folder.status)
        self._key: object = None
        self._next_count = self._next_logs = 0.0

    def run(self, stopping: threading.Event) -> None:
        """Go round until told to stop; what fails in one round, such as a full disk, is tried again in the next."""
        while not stopping.wait(TICK_S):
            try:
                self.step()
            except (OSError, PlaneError):
                log.exception("a round failed; the next one is in a second")
                stopping.wait(1)
        self.sync.close()
        self.cache.close()
        self.fleet.close()

    def step(self) -> None:
        """Go round once: look, decide, act, report."""
        self.sync.step()
        self.store.step()
        self.proxy.observe()
        for each in (self.console, self.stream):
            if each:
                each.step()
        self.fleet.observe()
        desired = self.sync.desired
        if desired is not None:
            self.fleet.step(desired.service, self._wanted(desired), self._asked, self._model)
            self._route(desired)
            self.fleet.let_go(self.proxy.settled)
        self._count()
        self._report()

    def _model(self, version: Version) -> Path | None:
        running = self.store.running
        return self.cache.get(version.wanted, store.access(running)) if running else None

    def _wanted(self, desired: Desired) -> dict[str, tuple[Version, int]]:
        """Return the replicas of each version: KServe takes those of ready canaries from stable's."""
        ready, stable = self.fleet.ready(), desired.stable.wanted
        canaries = [each for each in desired.versions if each.name != stable.name]
        taken = [each.wanted for each in canaries if each.name in ready]
        wanted = {each.name: (each, rules.canary_replicas(stable, each.wanted)) for each in canaries}
        if stable.name != NOTHING:
            wanted[stable.name] = desired.stable, rules.stable_replicas(stable, taken)
        return wanted

    def _route(self, desired: Desired) -> None:
        """Tell the proxy who is asked; a version is asked from when the proxy has an address of it."""
        able = self.fleet.ready() & self.proxy.reached
        canaries = [each.wanted for each in desired.canaries]
        new = rules.routes(desired.stable.wanted, canaries, able, self.routes)
        if new.holder not in able and (self.routes is None or new.holder not in self.routes.weights):
            new = Routes(new.holder, {})  # never was ready: there is no route yet
        if new != self.routes:
            log.info("routes: %s", ", ".join(f"{name} {share} %" for name, share in new.weights.items()) or "none")
            files.write(self.folder.root / "routes.json", {"holder": new.holder, "weights": dict(new.weights)})
        self.routes = new
        endpoints = self.fleet.endpoints()
        self._asked = set(new.weights) | (set() if self.proxy.settled else self._asked)
        ports = {name: endpoints.get(name, []) for name in {*new.weights, *endpoints}}
        self.proxy.write(ports, new.weights, desired.timeout_s)

    def _count(self) -> None:
        now = time.monotonic()
        if now >= self._next_count and self.proxy.running:
            self._next_count = now + COUNT_S
            text = self.proxy.ask("/stats/prometheus?filter=" + counters.FILTER)
            if text is not None:
                running = self.proxy.running
                self.ledger.update(f"{running.pid}:{running.since}", counters.read_counts(text), utc_now())
                files.write(self.folder.counters, self.ledger.to_json())
        if now >= self._next_logs:
            self._next_logs = now + LOGS_S
            process.cut_logs(self.folder)

    def _report(self) -> None:
        """Write the status when anything in it is new."""
        desired, ready = self.sync.desired, self.fleet.ready()
        counts = {each.name: len(self.fleet.of(each.name)) for each in desired.versions} if desired else {}
        seen = Observed(
            ready=frozenset(ready),
            full=frozenset(self._full(desired)) if desired else frozenset(),
            failing=self._failing(desired) if desired else {},
            copies=counts,
            routes=self.routes,
            settled=self.proxy.settled,
            url=f"http://127.0.0.1:{self.proxy.addresses.port}",
        )
        observed = {"commit": self.sync.commit, "error": self.sync.error, "stream": stream.said(self.stream)}
        key = (desired, seen, *observed.values())
        if key == self._key:
            return
        self._key = key
        plain = status(desired, seen) if desired else {"conditions": []}
        self.status = stamped(plain, self.status, utc_now()) | {"observed": observed}
        files.write(self.folder.status, self.status)

    def _full(self, desired: Desired) -> list[str]:
        wanted = self._wanted(desired)
        return [name for name, (_, count) in wanted.items() if count <= sum(each.ready for each in self.fleet.of(name))]

    def _failing(self, desired: Desired) -> dict[str, str]:
        """Return what is wrong, by version: why it could not be fetched, or how its newest failure went."""
        found = {}
        for version in desired.versions:
            said = [each.said for each in self.fleet.of(version.name) if each.said and not each.ready]
            why = self.cache.error(version.wanted) or "; ".join(said)
            if why:
                found[version.name] = why
        return found


def given(folder: Folder) -> dict[str, str]:
    """Return the laptop's values of the variables that a cluster fills from secrets and its own addresses."""
    return {
        "PIXGUARD_PUBLIC_KEY": str(folder.public_key),
        "PIXGUARD_ONLINE_STORE": f"sqlite://{folder.online}",
        "PIXGUARD_DECISION_LOG": f"file://{folder.decisions}",
    }


def utc_now() -> str:
    """Return the time of day as KServe writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
