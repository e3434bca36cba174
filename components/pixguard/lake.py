"""The lake's accepted data: changed as a whole by one rename, so that a killed writer leaves the old or the new.

`<lake>/payments`, `labels`, `rejects` and `snapshot.json` are links through `<lake>/.current` to one folder below
`.versions/`. A new version is built beside it out of hard links to the old files plus the new ones, and takes over when
`.current` is renamed. Files are named by their content and never change, so a reader that listed the old version still
finds every file in the new one. Other parts of the lake (`features/`) are plain folders and not touched here.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from pixguard.errors import PixguardError

PARTS = ("payments", "labels", "rejects")
SNAPSHOT = "snapshot.json"
_CURRENT = ".current"
_VERSIONS = ".versions"


class LakeError(PixguardError):
    """A lake that cannot be written, such as one on a full disk or in use; what was there is unchanged."""


@contextlib.contextmanager
def writing(lake: Path) -> Iterator[Path]:
    """Hold the lake's lock and yield an empty staging folder on its file system, removed at the end.

    What a killed writer left behind is removed first. Raises LakeError where another process is writing.
    """
    lake.mkdir(parents=True, exist_ok=True)
    with (lake / ".lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LakeError(f"{lake}: another process is writing to it; wait for it and run again") from None
        staging = lake / f".staging-{os.getpid()}"
        try:
            _remove_leftovers(lake)
            _link_parts(lake)
            staging.mkdir()
            yield staging
        except OSError as error:
            what = error.strerror or str(error)
            raise LakeError(f"{lake}: cannot be written ({what}); it is as it was: free space and run again") from error
        finally:
            shutil.rmtree(staging, ignore_errors=True)


def files(lake: Path, part: str) -> list[Path]:
    """Return the Parquet files of a part (`payments`, `labels`, `rejects`), in the order of their names."""
    return sorted((lake / part).glob("*/*.parquet"))


def snapshot(lake: Path) -> dict[str, Any]:
    """Return the hash of all accepted files (`snapshot`) and of each (`files`); empty before the first ingest."""
    path = lake / SNAPSHOT
    return json.loads(path.read_text("utf-8")) if path.is_file() else {"snapshot": digest_of({}), "files": {}}


def digest_of(hashes: Mapping[str, str]) -> str:
    """Return the SHA-256 over the sorted hashes of accepted files; names and order do not matter."""
    return hashlib.sha256("\n".join(sorted(hashes.values())).encode()).hexdigest()


def commit(lake: Path, added: Mapping[str, Path], rejects: Path, counts: Mapping[str, Any]) -> str:
    """Make `added` (path within the lake → staged file) and the folder `rejects` part of the lake; return the snapshot.

    Changes nothing where there is nothing to add and the rejects are those already there. `rejects` replaces the
    folder of the same name; `counts` is written into it as counts.json.
    """
    hashes = dict(snapshot(lake)["files"])
    hashes.update({name: file_digest(file) for name, file in added.items()})
    if not added and _same(lake / "rejects" / rejects.name, rejects):
        return digest_of(hashes)
    write_json(rejects / "counts.json", counts)
    version = _build(lake, added, rejects, hashes)
    _link(lake, _CURRENT, f"{_VERSIONS}/{version.name}")
    _remove_old_versions(lake)
    return digest_of(hashes)


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def rows_in(path: Path) -> int:
    """Return the number of rows of a Parquet file."""
    return int(pq.read_metadata(path).num_rows)


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write JSON atomically: into a sibling, to the disk, then over `path`."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with temporary.open("w", encoding="utf-8") as file:
        json.dump(value, file, indent=2)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def _build(lake: Path, added: Mapping[str, Path], rejects: Path, hashes: Mapping[str, str]) -> Path:
    versions = lake / _VERSIONS
    versions.mkdir(exist_ok=True)
    building = versions / f".building-{os.getpid()}"
    current = lake / _CURRENT
    if current.exists():
        shutil.copytree(current, building, copy_function=os.link)
        (building / SNAPSHOT).unlink()
    for part in PARTS:
        (building / part).mkdir(parents=True, exist_ok=True)
    for name, file in added.items():
        (building / name).parent.mkdir(exist_ok=True)
        file.replace(building / name)
    shutil.rmtree(building / "rejects" / rejects.name, ignore_errors=True)
    shutil.copytree(rejects, building / "rejects" / rejects.name, copy_function=os.link)
    write_json(building / SNAPSHOT, {"snapshot": digest_of(hashes), "files": dict(sorted(hashes.items()))})
    _sync_folders(building)
    version = versions / f"{_next_number(versions):06d}"
    building.rename(version)
    return version


def _next_number(versions: Path) -> int:
    return max((int(path.name) for path in versions.iterdir() if path.name.isdigit()), default=0) + 1


def _link_parts(lake: Path) -> None:
    """Make the links that readers use; before the first commit they lead nowhere, which reads as an empty lake."""
    for name in (*PARTS, SNAPSHOT):
        path = lake / name
        if path.exists() and not path.is_symlink():
            raise LakeError(f"{path}: was not made by an ingest; move it away or choose another lake")
        if not path.is_symlink():
            _link(lake, name, f"{_CURRENT}/{name}")


def _link(lake: Path, name: str, target: str) -> None:
    """Point the link `name` at `target` in one step."""
    temporary = lake / f".link-{os.getpid()}"
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(target)
    temporary.replace(lake / name)
    _sync(lake)


def _same(old: Path, new: Path) -> bool:
    """Tell whether two reject folders hold the same Parquet files, byte for byte."""
    return old.is_dir() and _contents(old) == _contents(new)


def _contents(folder: Path) -> dict[str, str]:
    return {path.name: file_digest(path) for path in sorted(folder.glob("*.parquet"))}


def _remove_leftovers(lake: Path) -> None:
    """Remove what a killed writer left: staging folders, half-built versions, links not yet in place."""
    for path in lake.glob(".staging-*"):
        shutil.rmtree(path)
    for path in lake.glob(".link-*"):
        path.unlink()
    _remove_old_versions(lake)


def _remove_old_versions(lake: Path) -> None:
    current = (lake / _CURRENT).resolve()
    versions = lake / _VERSIONS
    for path in versions.iterdir() if versions.is_dir() else ():
        if path.resolve() != current:
            shutil.rmtree(path)


def _sync_folders(folder: Path) -> None:
    for path, _, _ in os.walk(folder):
        _sync(Path(path))


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
