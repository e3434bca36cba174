"""`pixguard status`: what serves, how it is, and what the newest commit came to."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from pixguard.laptop.plane import folder as files
from pixguard.laptop.plane import process, stream
from pixguard.laptop.plane.commands import options
from pixguard.laptop.plane.console import link
from pixguard.laptop.plane.folder import Folder


def main(argv: Sequence[str] | None = None) -> int:
    """Show the status; returns 0 when stable is ready and the newest commit was taken, else 1."""
    parser = options.parser("status", "Show what the laptop plane serves.")
    parser.add_argument("--json", action="store_true", help="the status as KServe would report it")
    chosen = parser.parse_args(argv)
    folder = options.existing(chosen.state)
    console = Console(highlight=False, soft_wrap=True)
    status = files.read(folder.status)
    if chosen.json:
        console.print_json(json.dumps(status))
    else:
        show(folder, console)
    ready = any(each["type"] == "Ready" and each["status"] == "True" for each in status.get("conditions", ()))
    return 0 if ready and not status["observed"]["error"] and options.plane(folder) else 1


def show(folder: Folder, console: Console) -> None:
    """Print addresses, conditions and versions."""
    status, addresses = files.read(folder.status), files.read(folder.plane)
    observed = status.get("observed", {})
    if options.plane(folder) is None:
        console.print("the plane does not run: nothing is watched; what it started goes on (pixguard up, or down)")
    console.print(f"url      {addresses.get('url', 'none')}/v1/models/pix-fraud:predict")
    if addresses.get("console"):
        console.print(f"console  {link(addresses['console'])}")
    console.print(f"commit   {(observed.get('commit') or 'none')[:12]} of {folder.git}")
    console.print(f"stream   {_stream(folder, observed)}")
    if observed.get("error"):
        console.print(f"[red]refused[/red]  {observed['error']}")
    for each in status.get("conditions", ()):
        words = " ".join(filter(None, [each.get("reason"), each.get("message")]))
        console.print(f"{each['type']:<21} {each['status']:<6} {words}")
    console.print(_table(_versions(addresses)))


def _stream(folder: Folder, observed: dict[str, Any]) -> str:
    """Return where the stream is to be published to and what came of it; else why it does not run."""
    running = next((each for each in process.recorded(folder) if each.name == stream.NAME and each.alive()), None)
    if running is None:
        return str(observed.get("stream", "none"))
    counts = stream.counts(stream.metrics(running))
    words = ", ".join(f"{count:,} {outcome}" for outcome, count in counts.items()) or "it starts"
    return f"{stream.published(folder)}: {words}"


def _versions(addresses: dict[str, Any]) -> dict[str, Any]:
    try:
        with urllib.request.urlopen(addresses["versions_url"], timeout=2) as answer:  # noqa: S310  (ours, http)
            found: dict[str, Any] = json.load(answer)
            return found
    except (KeyError, urllib.error.URLError):
        return {}


def _table(versions: dict[str, Any]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="")
    for name in ("version", "ready", "percent", "requests", "errors", "p50 ms", "p99 ms"):
        table.add_column(name, justify="left" if name == "version" else "right")
    for name, each in versions.items():
        latency = ["-" if value is None else f"{value:g}" for value in each["latency_ms"].values()]
        table.add_row(
            name, str(each["ready"]).lower(), *(str(each[key]) for key in ("weight", "requests", "errors")), *latency
        )
    return table
