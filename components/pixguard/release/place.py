"""Where an environment's release is written and its versions are kept: given by hand, or by the laptop's plane.json."""

from __future__ import annotations

import getpass
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pixguard.overlay import Placed
from pixguard.release.desk import REVIEWED, Desk
from pixguard.release.errors import ReleaseError
from pixguard.release.forge import Forge
from pixguard.release.git import Branch
from pixguard.release.store import Store, StoreAccess

TOKEN = "PIXGUARD_GITHUB_TOKEN"  # noqa: S105  (the name of the variable)
PUBLIC_KEY = "PIXGUARD_PUBLIC_KEY"


@dataclass(frozen=True)
class Place:
    """One environment."""

    environment: str
    git: str
    branch: str = "main"
    author: str = field(default_factory=getpass.getuser)
    access: StoreAccess = field(default_factory=StoreAccess.from_environment)
    github: str = ""
    github_api: str = "https://api.github.com"
    plane: Mapping[str, Any] = field(default_factory=dict, repr=False)  # plane.json, where there is one

    @contextmanager
    def desk(self, at: Callable[[str], None] = lambda _point: None) -> Iterator[Desk]:
        """Yield the desk; its mirror of the branch is gone at the end."""
        with Branch(self.git, self.branch) as branch:
            yield Desk(branch, self.environment, self.author, self._forge(), at)

    def store(self, neighbour: Placed) -> Store:
        """Return the store that `neighbour` lies in."""
        return Store(neighbour, self.access)

    def _forge(self) -> Forge | None:
        if self.environment not in REVIEWED or not self.github:
            return None
        token = os.environ.get(TOKEN)
        if not token:
            raise ReleaseError(f"{self.environment} takes pull requests: set {TOKEN} to a token that may open them")
        return Forge(self.github, token, self.github_api)


def read_plane(state: Path) -> dict[str, Any]:
    """Return the addresses that a running plane wrote into `state`; ReleaseError says how to start one."""
    path = state / "plane.json"
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ReleaseError(f"{path} is not there: `pixguard up --state {state}` first, or give --git") from error
    except (OSError, ValueError) as error:
        raise ReleaseError(f"{path}: {error}; `pixguard up` writes it again") from error
    if not isinstance(data, dict) or not isinstance(data.get("git"), str) or not isinstance(data.get("s3"), dict):
        raise ReleaseError(f"{path} names no git and s3; `pixguard up` writes it again")
    return data


def plane_access(plane: Mapping[str, Any]) -> StoreAccess:
    """Return how to reach the plane's store."""
    wanted = {"endpoint", "access_key", "secret_key", "region"}
    return StoreAccess(**{name: str(value) for name, value in plane["s3"].items() if name in wanted})
