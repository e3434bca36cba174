"""Segment files: JSON Lines that grow under a `.open` name and become `<first-decided-at>.jsonl` whole.

A closed segment never changes, and its hash chain shows it (`chain`, `heads`). After a crash the next start of the same
replica cuts a torn last line off what was open, chains on and closes it; readers leave torn lines out either way.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, Literal

from pixguard.decision_log import heads
from pixguard.decision_log.chain import LinkFile, links_path, segment_name, whole_lines
from pixguard.decision_log.errors import DecisionLogError
from pixguard.decision_log.record import Record, read_record

log = logging.getLogger(__name__)
Fsync = Literal["always", "second", "never"]
SEGMENT_BYTES = 64 * 2**20
SEGMENT_S = 60.0
CLOSED, OPEN = ".jsonl", ".jsonl.open"


class SegmentSink:
    """Appends lines to segments of one replica.

    `fsync`: always (each write is on the disk before the next), second (at most a second can be lost to a power cut;
    the death of the process alone loses nothing that was written), never (only when a segment closes).
    """

    def __init__(
        self,
        folder: Path,
        *,
        fsync: Fsync = "second",
        segment_bytes: int = SEGMENT_BYTES,
        segment_s: float = SEGMENT_S,
    ) -> None:
        self._folder, self._fsync = folder, fsync
        self._segment_bytes, self._segment_s = segment_bytes, segment_s
        self._file: BinaryIO | None = None
        self._path = folder
        self._links: LinkFile | None = None
        self._good_bytes, self._began, self._synced, self._dirty = 0, 0.0, 0.0, False
        try:
            folder.mkdir(parents=True, exist_ok=True)
            recover(folder)
            self._head = heads.newest(folder)
        except OSError as error:
            raise DecisionLogError(f"{folder}: cannot be written ({error.strerror}); give another folder") from error

    def write(self, lines: Sequence[bytes]) -> int:
        """Append lines in one write; a write that fails half-way is cut off again, so that it can be repeated."""
        if self._good_bytes >= self._segment_bytes:
            self._finish()
        file, links = self._opened(lines[0])
        block = b"".join(lines)
        try:
            written = file.write(block)
            if written != len(block):
                raise OSError(f"{self._path}: {written} of {len(block)} bytes were written")
            links.append(lines)
        except OSError:
            os.ftruncate(file.fileno(), self._good_bytes)
            raise
        self._good_bytes += len(block)
        self._dirty = True
        if self._fsync == "always":
            self._sync()
        return len(lines)

    def tick(self) -> int:
        """Bring the second's writes to the disk; close a segment that is old enough for readers to have it."""
        now = time.monotonic()
        if self._dirty and self._fsync == "second" and now - self._synced >= 1.0:
            self._sync()
        if self._good_bytes >= self._segment_bytes or now - self._began >= self._segment_s:
            self._finish()
        return 0

    def close(self, timeout_s: float) -> int:  # noqa: ARG002 - of the protocol
        """Close the open segment."""
        self._finish()
        return 0

    def _opened(self, first: bytes) -> tuple[BinaryIO, LinkFile]:
        """Return the open segment and its links; begin both where none is open."""
        if self._file is None or self._links is None:
            name = _name(read_record(first).decided_at)
            while (self._folder / f"{name}{CLOSED}").exists():  # two segments that begin in the same microsecond
                name += "x"
            self._path = self._folder / f"{name}{OPEN}"
            self._file = self._path.open("ab", buffering=0)
            self._links = LinkFile(links_path(self._path), name, self._head.link)
            self._good_bytes, self._began = self._file.tell(), time.monotonic()
        return self._file, self._links

    def _sync(self) -> None:
        if self._file is not None:
            os.fsync(self._file.fileno())
        self._synced, self._dirty = time.monotonic(), False

    def _finish(self) -> None:
        """Chain the segment to those before and close it; what fails here can be repeated."""
        if self._file is None or self._links is None:
            return
        self._sync()
        self._head = _close(self._path, self._links)
        self._links.close()
        self._file.close()
        self._file, self._links, self._good_bytes = None, None, 0


def recover(folder: Path) -> list[Path]:
    """Close the segments that a dead process of this replica left open, without their torn last line."""
    closed = []
    for path in sorted(folder.glob(f"*{OPEN}")):
        content = path.read_bytes()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            log.warning("%s: cut %d bytes of a torn record off", path, len(content) - whole)
            os.truncate(path, whole)
        links = LinkFile(links_path(path), segment_name(path), heads.newest(folder).link)
        if whole or links.count:
            lines = whole_lines(content)
            lost, recovered = links.keep(len(lines)), lines[links.count :]
            links.append(recovered)
            _close(path, links, recovered=len(recovered), lost=lost)
            closed.append(path.with_name(path.name.removesuffix(".open")))
        else:
            path.unlink()
            links_path(path).unlink()
        links.close()
    return closed


def write_segment(folder: Path, name: str, lines: Sequence[bytes], source: Mapping[str, Any]) -> None:
    """Write one closed segment into a chained log that nobody else writes; one that was begun is begun again.

    `source` is added to its head: where the lines come from.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}{OPEN}"
    for begun in (path, links_path(path)):
        begun.unlink(missing_ok=True)
    with path.open("wb") as file:
        file.writelines(lines)
        file.flush()
        os.fsync(file.fileno())
    links = LinkFile(links_path(path), name, heads.newest(folder).link)
    links.append(lines)
    _close(path, links, source=source)
    links.close()


def segment_files(folder: Path, *, opened: bool = True) -> list[Path]:
    """Return the segments of all replicas below `folder`, oldest first; with those that still grow, if asked."""
    found = list(folder.glob(f"*/*{CLOSED}"))
    if opened:
        found += folder.glob(f"*/*{OPEN}")
    return sorted(found, key=lambda path: (path.name, path.parent.name))


def read_segments(folder: Path, *, opened: bool = True) -> Iterator[Record]:
    """Yield the records of all replicas, segment by segment; a torn last line of an open one is left out.

    A segment that is closed while this runs is read under its new name. DecisionLogError names a damaged file.
    """
    for path in segment_files(folder, opened=opened):
        yield from read_segment(path)


def read_segment(path: Path) -> Iterator[Record]:
    """Yield the records of one segment; DecisionLogError names the file where it is damaged."""
    for line in _lines(path):
        try:
            yield read_record(line)
        except DecisionLogError as error:
            raise DecisionLogError(f"{path}: {error}") from error


def _lines(path: Path) -> Iterator[bytes]:
    try:
        file = path.open("rb")
    except FileNotFoundError:
        file = path.with_name(path.name.removesuffix(".open")).open("rb")
    with file:
        yield from (line for line in file if line.endswith(b"\n"))


def begun(segment: Path) -> datetime:
    """Return the time of a segment's first decision, which is its name; DecisionLogError for another name."""
    try:
        return datetime.strptime(segment_name(segment).rstrip("x"), "%Y%m%dT%H%M%S.%fZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise DecisionLogError(f"{segment}: no name of a segment; take the file out of the log's folder") from error


def _name(decided_at: str) -> str:
    return decided_at.replace("-", "").replace(":", "")


def _close(path: Path, links: LinkFile, *, source: Mapping[str, Any] | None = None, **crash: int) -> heads.Head:
    """Write a segment's head, then give it the name of a closed one; either step may be found done.

    `crash`: `recovered` lines were chained by the start after it, `lost` ones had a link and were not on the disk.
    """
    links.sync()
    counts = {"lines": links.count, "bytes": path.stat().st_size, "recovered": 0, "lost": 0, **crash}
    entry = {"segment": segment_name(path), "after": links.after, **counts, "last": links.last, "at": heads.now()}
    entry |= {"source": source} if source else {}
    head = heads.append(path.parent, entry)
    path.rename(path.with_name(path.name.removesuffix(".open")))
    descriptor = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return head
