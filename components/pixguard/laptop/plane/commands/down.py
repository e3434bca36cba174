"""`pixguard down`: end the plane and all that it started, also what a plane that was killed left behind."""

from __future__ import annotations

import argparse
import shutil
import signal
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from pixguard.laptop.plane import process
from pixguard.laptop.plane.commands import options
from pixguard.laptop.plane.errors import PlaneError
from pixguard.laptop.plane.folder import Folder

PATIENCE_S = 15.0


def main(argv: Sequence[str] | None = None) -> int:
    """End everything, and say how much that was."""
    chosen = _parser().parse_args(argv)
    folder = options.existing(chosen.state)
    with options.alone(folder):
        ended = stop(folder, chosen.wait)
    Console(highlight=False).print(f"ended {ended} processes; {folder.root} keeps repository, versions and decisions")
    return 0


def stop(folder: Folder, patience_s: float = PATIENCE_S) -> int:
    """End the plane first, so that it restarts nothing, then the rest; PlaneError names what would not end."""
    plane = options.plane(folder)
    if plane is not None:
        process.stop_all([plane.pid], patience_s)
    for each in process.recorded(folder):
        each.signal(signal.SIGTERM)
    # Whoever carries our mark is ours, recorded or not: a plane killed between a start and its record left no record.
    found = process.marked(folder)
    left = process.stop_all(found, patience_s) or process.marked(folder)
    if left:
        raise PlaneError(f"processes {', '.join(map(str, left))} do not end; kill -9 them and look at the logs")
    _forget(folder)
    return len(found) + (plane is not None)


def _forget(folder: Folder) -> None:
    """Remove what only holds while processes run."""
    for each in process.recorded(folder):
        for port in each.facts.get("ports", {}).values():  # SeaweedFS leaves its sockets lying about
            for socket in Path("/tmp").glob(f"seaweedfs-*-{port}.sock"):  # noqa: S108
                socket.unlink(missing_ok=True)
        process.forget(folder, each)
    for file in (folder.plane, folder.root / "routes.json"):
        file.unlink(missing_ok=True)
    shutil.rmtree(folder.envoy, ignore_errors=True)


def _parser() -> argparse.ArgumentParser:
    parser = options.parser("down", "End the laptop plane and everything it started.")
    parser.add_argument("--wait", type=float, default=PATIENCE_S, help="seconds to end kindly (default: %(default)s)")
    return parser
