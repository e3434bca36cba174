"""Folders of a lake that are replaced by one rename: readers see the old version or the new, never half of one.

`<lake>/<name>` is a link to `<lake>/.<name>/<number>`. A new version is the old one's files as hard links, with the
partitions that were written anew in place of theirs.
"""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pixguard.lake import LakeError


@contextmanager
def staging(lake: Path, name: str) -> Iterator[Path]:
    """Yield an empty folder on the lake's file system to write `name` in; it is gone at the end, published or not.

    Raises LakeError where writing fails, on a full disk for example; what was published stays.
    """
    folder = lake / f".{name}" / f"staging-{uuid.uuid4().hex}"
    try:
        folder.mkdir(parents=True)
        yield folder
    except OSError as error:
        what = error.strerror or str(error)
        raise LakeError(f"{lake / name}: cannot be written ({what}); it is as it was: free space, run again") from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def publish(lake: Path, name: str, staged: Path, *, keep: bool = True) -> Path:
    """Make the partitions below `staged` (`<table>/<column>=<value>/`) those of `<lake>/<name>`; return the version.

    With `keep`, partitions that were not staged stay as they are; without it, they are gone.
    """
    link, versions = lake / name, lake / f".{name}"
    version = versions / uuid.uuid4().hex
    if keep and link.exists():
        shutil.copytree(link, version, copy_function=os.link)
    for partition in sorted(path for path in staged.glob("*/*=*") if path.is_dir()):
        target = version / partition.relative_to(staged)
        shutil.rmtree(target, ignore_errors=True)
        target.parent.mkdir(parents=True, exist_ok=True)
        partition.rename(target)
    for file in (path for path in staged.iterdir() if path.is_file()):
        file.replace(version / file.name)
    _sync(version)
    _point(link, f".{name}/{version.name}")
    _remove_others(versions, version)
    return version


def _point(link: Path, target: str) -> None:
    if link.exists() and not link.is_symlink():
        raise LakeError(f"{link}: is a plain folder, not one of ours; move it away or choose another lake")
    temporary = link.with_name(f".{link.name}-link-{uuid.uuid4().hex}")
    temporary.symlink_to(target)
    temporary.replace(link)


def _remove_others(versions: Path, current: Path) -> None:
    """Remove versions that nothing points at any more; a version being staged by another process stays."""
    for path in versions.iterdir():
        if path != current and not path.name.startswith("staging-"):
            shutil.rmtree(path, ignore_errors=True)


def _sync(folder: Path) -> None:
    """Bring every file and folder to the disk before the link shows them."""
    for path in (folder, *folder.rglob("*")):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
