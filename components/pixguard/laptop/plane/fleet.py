"""All replicas of all versions: adopted where they run already, started, watched and let go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pixguard.laptop.plane import process
from pixguard.laptop.plane.folder import Folder
from pixguard.laptop.plane.manifest import Version
from pixguard.laptop.plane.plan import Want, plan
from pixguard.laptop.plane.process import Process
from pixguard.laptop.plane.replica import ROLE, Patience, Replica, template


class Fleet:
    """The replicas of one InferenceService."""

    def __init__(self, folder: Folder, patience: Patience) -> None:
        self._folder = folder
        self._patience = patience
        self._pool = ThreadPoolExecutor(8, thread_name_prefix="probe")
        self.replicas: dict[str, Replica] = {}
        self.restarts: Counter[str] = Counter()  # processes that ended unasked, by version, since this plane began

    def adopt(self, recorded: Iterable[Process]) -> None:
        """Take over the servers that an earlier plane left running; records of dead ones go."""
        for each in recorded:
            if each.facts.get("role") != ROLE:
                continue
            if each.alive():
                self.replicas[each.name] = Replica(each.name, each.facts["version"], each.facts["template"], each)
            else:
                process.forget(self._folder, each)

    def observe(self) -> None:
        """See how every replica is."""
        for each in self.replicas.values():
            before = each.failures
            each.observe(self._pool)
            self.restarts[each.version] += max(each.failures - before, 0)

    def ready(self) -> set[str]:
        """Return the versions that have a replica to send requests to."""
        return {name for name, ports in self.endpoints().items() if ports}

    def endpoints(self) -> dict[str, list[tuple[int, int]]]:
        """Return the ports that requests may go to, by version; versions that only leave or start have none."""
        replicas = list(self.replicas.values())  # asked for from other threads too
        found: dict[str, list[tuple[int, int]]] = {each.version: [] for each in replicas}
        for each in replicas:
            if each.ready and not each.leaving:
                found[each.version].append(each.ports)
        return found

    def step(
        self,
        service: str,
        wanted: Mapping[str, tuple[Version, int]],
        asked: Collection[str],
        model: Callable[[Version], Path | None],
    ) -> None:
        """Start what is missing, as far as its version is fetched, and take out what is too much."""
        wants = {name: Want(template(version), count) for name, (version, count) in wanted.items()}
        change = plan(wants, [each.seen for each in self.replicas.values()], asked)
        for name in change.stay:
            self.replicas[name].stay()
        for name in change.leave:
            self.replicas[name].leave()
        for version in change.start:
            name = self._free_name(f"{service}-{version}")
            self.replicas[name] = Replica(name, version, wants[version].template)
        for each in self.replicas.values():
            found = wanted.get(each.version)
            if found and each.template == wants[each.version].template and each.running is None:
                path = model(found[0])
                if path is not None:
                    each.start(self._folder, found[0].container, path)

    def let_go(self, unasked: bool) -> None:
        """End what leaves; `unasked`: the proxy confirmed all that it was told."""
        for each in [each for each in self.replicas.values() if each.leaving]:
            each.let_go(self._folder, self._patience, unasked)
            if each.gone:
                del self.replicas[each.name]

    def of(self, version: str) -> list[Replica]:
        """Return a version's replicas that do not leave."""
        return [each for each in self.replicas.values() if each.version == version and not each.leaving]

    def close(self) -> None:
        """Ask no more."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _free_name(self, prefix: str) -> str:
        number = 0
        while f"{prefix}-{number}" in self.replicas:
            number += 1
        return f"{prefix}-{number}"
