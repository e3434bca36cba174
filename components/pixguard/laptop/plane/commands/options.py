"""What the commands share: the state folder, and the lock that keeps two of them apart."""

from __future__ import annotations

import argparse
import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path

from pixguard.laptop.plane import process
from pixguard.laptop.plane.errors import PlaneError
from pixguard.laptop.plane.folder import Folder
from pixguard.laptop.plane.process import Process

STATE = Path("build/pixguard")
PLANE = "plane"


def parser(name: str, description: str) -> argparse.ArgumentParser:
    """Return a parser that knows --state."""
    found = argparse.ArgumentParser(prog=f"pixguard {name}", description=description)
    found.add_argument("--state", type=Path, default=STATE, help="folder of the plane (default: %(default)s)")
    return found


def existing(state: Path) -> Folder:
    """Return the folder of a plane; PlaneError where there never was one."""
    if not (state / "processes").is_dir():
        raise PlaneError(f"{state}: no plane was started here; pixguard up --state {state}")
    return Folder.of(state)


def plane(folder: Folder) -> Process | None:
    """Return the plane's own process, if it runs."""
    return next((each for each in process.recorded(folder) if each.name == PLANE and each.alive()), None)


@contextlib.contextmanager
def alone(folder: Folder) -> Iterator[None]:
    """Keep a second `up` or `down` of the same folder waiting until this one is done."""
    with (folder.root / "command.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
