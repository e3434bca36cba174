"""Where a plane keeps what: everything lies below one folder, named by `--state`."""

from __future__ import annotations

import json
import os
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pixguard.provenance.files import json_text


@dataclass(frozen=True)
class Folder:
    """The state folder; `root` is absolute, since processes are told paths below it."""

    root: Path

    @classmethod
    def of(cls, state: Path) -> Folder:
        """Return the folder, made where it is absent and closed to other users."""
        root = state.absolute()
        root.mkdir(parents=True, exist_ok=True)
        folder = cls(root)
        for private in (folder.processes, folder.logs, folder.envoy / "endpoints", folder.s3, folder.versions):
            private.mkdir(parents=True, exist_ok=True, mode=0o700)
        for public in (folder.decisions, folder.stream):
            public.mkdir(exist_ok=True)
        folder.online.parent.mkdir(parents=True, exist_ok=True)
        return folder

    @property
    def git(self) -> Path:  # noqa: D102
        return self.root / "release.git"

    @property
    def plane(self) -> Path:
        """Return the file of addresses and credentials, for this user alone."""
        return self.root / "plane.json"

    @property
    def status(self) -> Path:  # noqa: D102
        return self.root / "status.json"

    @property
    def applied(self) -> Path:
        """Return the file of what was last taken: the commit, its manifests and the routes."""
        return self.root / "applied.json"

    @property
    def counters(self) -> Path:  # noqa: D102
        return self.root / "counters.json"

    @property
    def processes(self) -> Path:
        """Return the folder of one record a running process."""
        return self.root / "processes"

    @property
    def logs(self) -> Path:  # noqa: D102
        return self.root / "logs"

    @property
    def envoy(self) -> Path:  # noqa: D102
        return self.root / "envoy"

    @property
    def s3(self) -> Path:  # noqa: D102
        return self.root / "s3"

    @property
    def versions(self) -> Path:
        """Return the cache of fetched versions."""
        return self.root / "versions"

    @property
    def decisions(self) -> Path:  # noqa: D102
        return self.root / "decisions"

    @property
    def online(self) -> Path:
        """Return the online store, where the feature repository has it for the lake of this folder."""
        return self.root / "lake" / "feast" / "online.db"

    @property
    def stream(self) -> Path:
        """Return the folder of what is published to the feature stream, and of its checkpoint."""
        return self.root / "stream"

    @property
    def public_key(self) -> Path:
        """Return the key that versions must be signed with."""
        return self.root / "keys" / "signing.pem.pub"


def read(path: Path) -> dict[str, Any]:
    """Return a JSON object that the plane wrote, empty where there is none; files are never half written."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return data if isinstance(data, dict) else {}


def write(path: Path, data: Any, *, durable: bool = False) -> None:
    """Write JSON that readers see whole, for this user alone; `durable` waits until the disk has it."""
    hidden = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    try:
        descriptor = os.open(hidden, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(json_text(data))
            if durable:
                file.flush()
                os.fsync(file.fileno())
        hidden.replace(path)
    finally:
        hidden.unlink(missing_ok=True)
