"""What the command lines that look back share: where the log lies, and where versions and their key are."""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pixguard.errors import UsageError
from pixguard.explanation.versions import Versions
from pixguard.jobs.release_arguments import STATE
from pixguard.release.place import PUBLIC_KEY, Place, plane_access, read_plane


def add_state(parser: argparse.ArgumentParser) -> None:
    """Add the argument that all others fall back to."""
    parser.add_argument("--state", type=Path, default=STATE, help="the laptop plane's folder (%(default)s)")


def add_decisions(parser: argparse.ArgumentParser) -> None:
    """Add the argument that `decisions_of` reads, beside --state."""
    parser.add_argument("--decisions", type=Path, help="folder of the decision log (default: the plane's)")


def add_versions(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that `versions_of` reads, beside --state."""
    parser.add_argument("--versions", type=Path, help="folder of the versions' folders (default: the plane's)")
    parser.add_argument("--public-key", type=Path, help=f"key that signed them (default: {PUBLIC_KEY}, the plane's)")


def decisions_of(options: argparse.Namespace) -> Path:
    """Return the folder of the log."""
    return Path(options.decisions or options.state / "decisions")


def public_key_in(options: argparse.Namespace) -> Path:
    """Return the key that versions are verified with; UsageError where none is known."""
    of_plane = options.state / "keys" / "signing.pem.pub"
    found = options.public_key or os.environ.get(PUBLIC_KEY) or (of_plane if of_plane.exists() else None)
    if not found:
        raise UsageError(f"which key signed the versions? Give --public-key or set {PUBLIC_KEY}")
    return Path(found)


@contextmanager
def versions_of(options: argparse.Namespace) -> Iterator[Versions]:
    """Yield the versions: those of --versions, or those of the plane, which are fetched from its store where needed."""
    key = public_key_in(options)
    if options.versions:
        yield Versions(options.versions, key)
        return
    with tempfile.TemporaryDirectory(prefix="pixguard-versions-") as name:
        yield Versions(options.state / "versions", key, lambda version: _fetch(options, version, Path(name)))


def _fetch(options: argparse.Namespace, version: str, folder: Path) -> Path:
    plane = read_plane(options.state)
    place = Place("laptop", str(plane["git"]), access=plane_access(plane), plane=plane)
    with place.desk() as desk:
        return place.store(desk.standing().release.stable).fetch(version, folder)
