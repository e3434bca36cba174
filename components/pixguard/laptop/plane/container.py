"""A serving runtime's container → a command and an environment of this machine. Pure.

What KServe does: `{{.Name}}` and its like are the InferenceService's metadata, its own `args` go behind the runtime's
and its `env` over them, INFERENCE_SERVICE_NAME is set. What is the laptop's: ports are free ones, /mnt/models is a
folder of the cache, `python` is this Python, secrets are addresses that the plane has; resources are not limited.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pixguard.laptop.plane.errors import ManifestError

MODELS = "/mnt/models"
NAME = "kserve-container"
_PLACEHOLDER = re.compile(r"\{\{-?\s*(.*?)\s*-?\}\}")
_PORT_FLAG = re.compile(r"--[\w-]*port")


@dataclass(frozen=True)
class Probe:
    """How a kubelet asks a container how it is."""

    path: str = "/v2/health/ready"
    period_s: float = 10.0
    timeout_s: float = 1.0
    failures: int = 3

    @property
    def patience_s(self) -> float:
        """Return for how long failures are borne."""
        return self.period_s * self.failures


@dataclass(frozen=True)
class Container:
    """What one replica runs, before it is told its ports and its folder."""

    command: tuple[str, ...]
    env: tuple[tuple[str, str], ...]
    ports: tuple[tuple[str, int], ...]  # (http or grpc, port within the container)
    startup: Probe
    readiness: Probe
    liveness: Probe | None


@dataclass(frozen=True)
class Place:
    """What one process is told."""

    replica: str
    model: str
    http_port: int
    grpc_port: int


def read_container(runtime: Any, extra: Any, metadata: Mapping[str, Any], given: Mapping[str, str]) -> Container:
    """Return the container that KServe would run: `runtime` is the SDK's container, `extra` the predictor's model spec.

    `given` are this machine's values of variables; ManifestError names a variable that only a cluster could fill.
    """
    argv = [*(runtime.command or []), *(runtime.args or []), *(extra.args or [])]
    if not argv:
        raise ManifestError(f"container {runtime.name}: no command and no args; say what to run")
    variables = {each.name: each for each in [*(runtime.env or []), *(extra.env or [])]}
    env = {name: _fill(_variable(each, given), metadata) for name, each in variables.items()}
    env |= {"INFERENCE_SERVICE_NAME": str(metadata["name"])}
    return Container(
        command=tuple(_fill(each, metadata) for each in argv),
        env=tuple(sorted(env.items())),
        ports=_ports(runtime),
        startup=_probe(runtime.startup_probe, Probe(period_s=1, failures=60)),
        readiness=_probe(runtime.readiness_probe, Probe()),
        liveness=_probe(runtime.liveness_probe, Probe()) if runtime.liveness_probe else None,
    )


def launch(container: Container, place: Place) -> tuple[list[str], dict[str, str]]:
    """Return the command and the environment of one process."""
    given = {"http": place.http_port, "grpc": place.grpc_port}
    ports = {str(port): str(given[name]) for name, port in container.ports}
    argv = [each.replace(MODELS, place.model) for each in _with_ports(container.command, ports)]
    if argv[0] in {"python", "python3"}:
        argv[0] = sys.executable
    return argv, {name: place.replica if value == _REPLICA else value for name, value in container.env}


_REPLICA = "$(metadata.name)"


def _variable(variable: Any, given: Mapping[str, str]) -> str:
    if variable.name in given:
        return given[variable.name]
    source = variable.value_from
    if source is None:
        return str(variable.value or "")
    if source.field_ref is not None and source.field_ref.field_path == "metadata.name":
        return _REPLICA
    raise ManifestError(f"variable {variable.name}: its value comes from a cluster, and this machine has none for it")


def _fill(text: str, metadata: Mapping[str, Any]) -> str:
    """Return `text` with the metadata in place of `{{.Name}}`, `{{.Labels.team}}` and their like."""

    def value(match: re.Match[str]) -> str:
        found: Any = {key.capitalize(): each for key, each in metadata.items()}
        for part in match[1].removeprefix(".").split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
        if not match[1].startswith(".") or not isinstance(found, str):
            raise ManifestError(f"{text!r}: the InferenceService's metadata has no {match[1]}")
        return found

    return _PLACEHOLDER.sub(value, text)


def _ports(runtime: Any) -> tuple[tuple[str, int], ...]:
    """Return the ports by protocol, which KServe tells by the name: gRPC's begins with h2c or grpc."""
    named = [(each.name or "", each.container_port) for each in runtime.ports or []]
    found = {("grpc" if name.startswith(("h2c", "grpc")) else "http"): port for name, port in named}
    if "http" not in found:
        raise ManifestError(f"container {runtime.name}: no HTTP port; the plane asks it whether it is ready")
    return tuple(sorted(found.items()))


def _with_ports(argv: Sequence[str], ports: Mapping[str, str]) -> list[str]:
    """Return the arguments with the values of `--…port` exchanged, written `--port=1` or `--port 1`."""
    out: list[str] = []
    for each in argv:
        flag, equals, value = each.partition("=")
        if equals and _PORT_FLAG.fullmatch(flag):
            out.append(f"{flag}={ports.get(value, value)}")
        elif out and _PORT_FLAG.fullmatch(out[-1]):
            out.append(ports.get(each, each))
        else:
            out.append(each)
    return out


def _probe(probe: Any, default: Probe) -> Probe:
    if probe is None:
        return default
    if probe.http_get is None:
        raise ManifestError("a probe that is no httpGet: the plane asks over HTTP alone")
    return Probe(
        path=probe.http_get.path or "/",
        period_s=float(probe.period_seconds or default.period_s),
        timeout_s=float(probe.timeout_seconds or default.timeout_s),
        failures=int(probe.failure_threshold or default.failures),
    )
