"""Who made a version, when, from which data, with which code and environment."""

from __future__ import annotations

import getpass
import hashlib
import platform
import subprocess
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pixguard
from pixguard.provenance.errors import IncompleteVersionError
from pixguard.provenance.files import file_sha256


@dataclass(frozen=True)
class Provenance:
    """The origin of a model version; None where a thing does not exist, such as a Git checkout inside an image."""

    version: str
    kept_at: str  # UTC, ISO 8601
    kept_by: str
    data_snapshot_sha256: str
    code_sha256: str  # of the package's own sources: known even without Git
    code_commit: str | None
    code_dirty: bool | None
    lock_sha256: str | None
    python: str
    platform: str
    seed: int
    pipeline_run_id: str | None
    mlflow_run_id: str | None
    champion_version: str | None

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Provenance:
        """Return the record written by `to_json`; IncompleteVersionError names fields that lack or are unknown."""
        wanted = {field.name for field in fields(cls)}
        if set(data) != wanted:
            raise IncompleteVersionError(f"provenance: fields differ by {sorted(set(data) ^ wanted)}; keep it again")
        return cls(**data)

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` reads."""
        return asdict(self)


def collect(
    *,
    version: str,
    data_snapshot_sha256: str,
    seed: int,
    code: Path | None = None,
    lock: Path | None = None,
    kept_by: str | None = None,
    kept_at: datetime | None = None,
    pipeline_run_id: str | None = None,
    mlflow_run_id: str | None = None,
    champion_version: str | None = None,
) -> Provenance:
    """Return the record of this process: its code, Python and user, and what the caller knows.

    `code` is a Git checkout, by default the one that holds the package, if any; `lock` the requirements file installed.
    """
    commit, dirty = git_state(code or Path(pixguard.__file__).parent)
    return Provenance(
        version=version,
        kept_at=(kept_at or datetime.now(UTC)).astimezone(UTC).isoformat(timespec="seconds"),
        kept_by=kept_by or getpass.getuser(),
        data_snapshot_sha256=data_snapshot_sha256,
        code_sha256=folder_sha256(Path(pixguard.__file__).parent, "*.py"),
        code_commit=commit,
        code_dirty=dirty,
        lock_sha256=None if lock is None else file_sha256(lock),
        python=platform.python_version(),
        platform=platform.platform(),
        seed=seed,
        pipeline_run_id=pipeline_run_id,
        mlflow_run_id=mlflow_run_id,
        champion_version=champion_version,
    )


def git_state(folder: Path) -> tuple[str | None, bool | None]:
    """Return the commit and whether tracked files differ from it; (None, None) outside a checkout or without git."""
    commit = _git(folder, "rev-parse", "HEAD")
    if commit is None:
        return None, None
    changed = _git(folder, "status", "--porcelain", "--untracked-files=no")
    return commit, None if changed is None else bool(changed)


def folder_sha256(folder: Path, pattern: str = "*") -> str:
    """Return one digest of the names and contents of all files below a folder; the order of listing has no effect.

    IncompleteVersionError when no file matches: the digest of nothing would look like a snapshot.
    """
    files = sorted(path for path in folder.rglob(pattern) if path.is_file())
    if not files:
        raise IncompleteVersionError(f"{folder}: no file matches {pattern}; give the folder that holds the data")
    whole = hashlib.sha256()
    for path in files:
        whole.update(f"{path.relative_to(folder).as_posix()}\0{file_sha256(path)}\n".encode())
    return whole.hexdigest()


def _git(folder: Path, *arguments: str) -> str | None:
    command = ["git", "-C", str(folder), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)  # noqa: S603
    except FileNotFoundError:  # no git in a serving image
        return None
    return done.stdout.strip() if done.returncode == 0 else None
