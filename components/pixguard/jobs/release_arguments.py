"""What the release's command lines share: which environment, and where its Git, store and keys are."""

from __future__ import annotations

import argparse
import getpass
import logging
import os
from collections.abc import Callable
from pathlib import Path

from pixguard.errors import PixguardError, UsageError
from pixguard.release.place import PUBLIC_KEY, Place, plane_access, read_plane
from pixguard.release.store import StoreAccess

STATE = Path("build/pixguard")


def add_place(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that `place_of` reads."""
    parser.add_argument("--env", default="laptop", help="environment, a folder of kustomize/overlays (%(default)s)")
    parser.add_argument("--state", type=Path, default=STATE, help="the laptop plane's folder (%(default)s)")
    parser.add_argument("--git", default="", help="repository to write to (default: the plane's)")
    parser.add_argument("--branch", default="main", help="branch that is deployed (%(default)s)")
    parser.add_argument("--author", default=getpass.getuser(), help="in whose name (%(default)s)")
    parser.add_argument("--github", default="", metavar="OWNER/NAME", help="repository of pull requests, for prod")
    parser.add_argument("--github-api", default="https://api.github.com", help="(%(default)s)")


def place_of(options: argparse.Namespace) -> Place:
    """Return the place: by --git and the environment's AWS settings, or what the plane in --state wrote down."""
    shared = {
        "environment": options.env,
        "branch": options.branch,
        "author": options.author,
        "github": options.github,
        "github_api": options.github_api,
    }
    if options.git:
        return Place(git=options.git, access=StoreAccess.from_environment(), **shared)
    plane = read_plane(options.state)
    return Place(git=plane["git"], access=plane_access(plane), plane=plane, **shared)


def public_key_of(options: argparse.Namespace, place: Place) -> Path:
    """Return the key that versions are verified with: --public-key, the environment's, the plane's."""
    found = options.public_key or os.environ.get(PUBLIC_KEY) or place.plane.get("public_key")
    if not found:
        raise UsageError(f"which key signed the version? Give --public-key or set {PUBLIC_KEY}")
    return Path(found)


def status_of(main: Callable[[], int]) -> int:
    """Return the exit status of a job that was started by itself: 1 with one line on what was wrong."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    try:
        return main()
    except PixguardError as error:
        logging.getLogger(__name__).error("%s", error)
        return 1
