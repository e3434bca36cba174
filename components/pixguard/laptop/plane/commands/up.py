"""`pixguard up`: start the plane, or find it running; give a new one its repository, its store and a first version."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from rich.console import Console

from pixguard.laptop.plane import folder as files
from pixguard.laptop.plane import process, repository
from pixguard.laptop.plane.commands import options
from pixguard.laptop.plane.commands.status import show
from pixguard.laptop.plane.errors import PlaneError
from pixguard.laptop.plane.folder import Folder

T = TypeVar("T")


def main(argv: Sequence[str] | None = None) -> int:
    """Start what is not running, wait until it serves, and say where."""
    chosen = _parser().parse_args(argv)
    from pixguard.laptop.plane import seed  # noqa: PLC0415  (it loads S3's client: --help need not wait for that)

    console = Console(highlight=False, soft_wrap=True)
    folder = Folder.of(chosen.state)
    with options.alone(folder):
        first = seed.checked(chosen.version, chosen.public_key) if chosen.version else None
        if first:
            seed.trust(folder, first.public_key)
        repository.create(folder.git, chosen.source)
        addresses = start(folder, chosen.overlay, chosen.wait, *_extras(chosen))
        if first:
            seed.install(folder, chosen.overlay, first, addresses["s3"])
    served = wait_until_served(folder, chosen.wait)
    show(folder, console)
    if not served:
        console.print("nothing is released yet: pixguard up --version FOLDER, once, then releases go through Git")
    return 0


def _extras(chosen: argparse.Namespace) -> list[str]:
    """Return what the plane's process is told beyond its folder."""
    told = [] if chosen.lake is None else ["--lake", str(chosen.lake.absolute())]
    return told + [f"--no-{name}" for name in ("console", "stream") if not getattr(chosen, name)]


def start(folder: Folder, overlay: str, wait_s: float, *extra: str) -> dict[str, Any]:
    """Start the plane where it does not run; return its addresses when its doors are open."""
    running = options.plane(folder)
    if running is None:
        command = [sys.executable, "-m", "pixguard.laptop.plane", "--state", str(folder.root), "--overlay", overlay]
        running = process.start(folder, options.PLANE, [*command, *extra], {})

    def addresses() -> dict[str, Any] | None:
        found = files.read(folder.plane)
        if found.get("pid") == running.pid:
            return found
        if not running.alive():
            raise PlaneError(f"the plane ended at once; its last words:\n{_last_words(folder)}")
        return None

    return _wait(addresses, wait_s, "the plane's doors did not open; see `pixguard logs`")


def wait_until_served(folder: Folder, wait_s: float) -> bool:
    """Wait until the newest commit is taken and stable is ready; False where nothing was released yet.

    PlaneError when the commit is invalid, or stable does not get ready in time, in the status's own words.
    """
    commit = repository.head(folder.git)

    def served() -> bool | None:
        status = files.read(folder.status)
        observed = status.get("observed", {})
        if observed.get("error"):
            raise PlaneError(observed["error"])
        conditions = {each["type"]: each for each in status.get("conditions", ())}
        if observed.get("commit") != commit or "Ready" not in conditions:
            return None
        if conditions["PredictorReady"].get("reason") == "NothingReleased":
            return False
        return True if conditions["Ready"]["status"] == "True" else None

    try:
        return _wait(served, wait_s, "stable is not ready")
    except PlaneError as error:
        said = [each.get("message") for each in files.read(folder.status).get("conditions", ()) if each.get("message")]
        raise PlaneError("; ".join([str(error), *dict.fromkeys(said)])) from error


def _wait(ask: Callable[[], T | None], wait_s: float, otherwise: str) -> T:
    deadline = time.monotonic() + wait_s
    while time.monotonic() < deadline:
        found = ask()
        if found is not None:
            return found
        time.sleep(0.05)
    raise PlaneError(f"{otherwise}, after {wait_s:g} s")


def _last_words(folder: Folder) -> str:
    return "\n".join((folder.logs / f"{options.PLANE}.log").read_text(encoding="utf-8").splitlines()[-5:])


def _parser() -> argparse.ArgumentParser:
    parser = options.parser("up", "Start the laptop plane: Git, S3, servers, Envoy, stream. Twice is harmless.")
    parser.add_argument("--source", type=Path, default=Path(), help="checkout whose manifests seed the repository")
    parser.add_argument("--overlay", default="kustomize/overlays/laptop", help="what to serve (default: %(default)s)")
    parser.add_argument("--version", type=Path, metavar="FOLDER", help="kept version to serve first")
    parser.add_argument("--public-key", type=Path, metavar="FILE", help="its key (default: the .pub file near it)")
    parser.add_argument(
        "--console", action=argparse.BooleanOptionalAction, default=True, help="serve the console (default: yes)"
    )
    parser.add_argument(
        "--stream", action=argparse.BooleanOptionalAction, default=True, help="run the feature stream (default: yes)"
    )
    parser.add_argument("--lake", type=Path, metavar="FOLDER", help="lake whose backfill the stream goes on from")
    parser.add_argument("--wait", type=float, default=120, help="seconds until it serves (default: %(default)s)")
    return parser
