"""The Envoy in front: its process, the files it reads, and what it says it has taken up."""

from __future__ import annotations

import hashlib
import http.client
import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from pixguard.laptop.plane import envoy, process, render
from pixguard.laptop.plane.folder import Folder
from pixguard.laptop.plane.kept import Kept
from pixguard.laptop.plane.process import Process
from pixguard.provenance.files import json_text, replace_file

NAME = "envoy"


class Proxy:
    """Envoy; it goes on when the plane ends, and starts again from its files when it ends itself."""

    def __init__(self, folder: Folder, before: Process | None) -> None:
        self._folder = folder
        self._written: dict[str, str] = {}
        self.settled = False  # whether Envoy confirmed all that was written
        self.reached: frozenset[str] = frozenset()  # versions that Envoy has an address of
        ports = (before.facts["port"], before.facts["admin"]) if before else process.free_ports(2)
        self.addresses = envoy.Addresses(*ports)
        self._kept = Kept(self._start, before)
        self._put("bootstrap", lambda _: envoy.bootstrap(self.addresses, folder.envoy))
        if before is None:  # else the files say what its servers are, and those may well be running
            self.write({}, {}, 60.0)

    @property
    def running(self) -> Process | None:
        """Return Envoy's process."""
        return self._kept.running

    def observe(self) -> None:
        """Start Envoy where it does not run; ask it what it has."""
        if self._kept.step():
            self.settled = False
        if not self.settled and self.running:
            self._confirm()

    def write(
        self, ports: Mapping[str, Sequence[tuple[int, int]]], weights: Mapping[str, int], timeout_s: float
    ) -> None:
        """Write what changed: addresses, then clusters, then routes: nothing points at what is not there yet."""
        for version, pairs in sorted(ports.items()):
            for kind, index in (("", 0), (envoy.GRPC, 1)):
                found = sorted(pair[index] for pair in pairs)
                self._put(f"endpoints/{version}{kind}", partial(envoy.endpoints, version + kind, found))
        self._put("clusters", partial(envoy.clusters, sorted(ports), self._folder.envoy))
        self._put("routes", partial(envoy.routes, weights, timeout_s))

    def ask(self, path: str) -> str | None:
        """Return what the admin address answers, or None where it does not."""
        connection = http.client.HTTPConnection("127.0.0.1", self.addresses.admin, timeout=1.0)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.read().decode() if answer.status == 200 else None
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def _start(self, _before: Process | None) -> Process:
        command = [
            render.tool("envoy"),
            *("-c", str(self._folder.envoy / "bootstrap.json")),
            "--disable-hot-restart",  # its shared memory would tie the Envoys of one machine together
            *("--concurrency", "1"),
            *("-l", "warning"),
        ]
        facts = {"port": self.addresses.port, "admin": self.addresses.admin}
        return process.start(self._folder, NAME, command, {}, **facts)

    def _put(self, name: str, make: Callable[[str], envoy.Json]) -> None:
        """Write a file whose content is new, with the content's hash as its version."""
        plain = json_text(make(""))
        if self._written.get(name) != plain:
            replace_file(self._folder.envoy / f"{name}.json", json_text(make(_tag(plain))).encode())
            self._written[name], self.settled = plain, False

    def _confirm(self) -> None:
        clusters, dump = self.ask("/clusters?format=json"), self.ask("/config_dump?resource=dynamic_route_configs")
        if clusters is None or dump is None or "routes" not in self._written:
            return
        has = _addresses(json.loads(clusters))
        self.reached = frozenset(name for name, ports in has.items() if ports and not name.endswith(envoy.GRPC))
        seen = [each.get("version_info") for each in json.loads(dump).get("configs", ())]
        self.settled = seen == [_tag(self._written["routes"])] and has == self._addresses_written()

    def _addresses_written(self) -> dict[str, set[int]]:
        listed = {each["name"] for each in json.loads(self._written["clusters"])["resources"]}
        found = {}
        for name in listed:
            (resource,) = json.loads(self._written[f"endpoints/{name}"])["resources"]
            found[name] = {_port(each["endpoint"]) for each in resource["endpoints"][0]["lb_endpoints"]}
        return found


def _tag(plain: str) -> str:
    return hashlib.sha256(plain.encode()).hexdigest()[:16]


def _addresses(clusters: Mapping[str, Any]) -> dict[str, set[int]]:
    return {
        each["name"]: {_port(host) for host in each.get("host_statuses", ())}
        for each in clusters.get("cluster_statuses", ())
    }


def _port(holder: Mapping[str, Any]) -> int:
    return int(holder["address"]["socket_address"]["port_value"])
