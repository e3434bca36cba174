"""The decision log's segment files, followed while they grow.

A segment grows under a name of its own and is renamed when it is full; it is known by its inode, so no record is read
twice. A last line without an end is left for the next look.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

SCHEMA = 1
_CHUNK = 4 * 2**20
Record = Mapping[str, Any]


class Follower:
    """Reads each record once, of all replicas below `folder`, decided at `since` or later."""

    def __init__(self, folder: Path, since: datetime) -> None:
        self.folder, self.since = folder, since
        self.unreadable = 0  # lines that are no record of ours: said in the evidence, never silently left out
        self._offsets: dict[tuple[int, int], int] = {}

    def new(self) -> Iterator[Record]:
        """Yield the records that came since the last look."""
        for path in segment_files(self.folder):
            for line in self._lines(path):
                record = read_record(line)
                if record is None:
                    self.unreadable += 1
                elif decided_at(record) >= self.since:
                    yield record

    def _lines(self, path: Path) -> Iterator[bytes]:
        """Yield the whole lines that came since the last look; most files are passed by on their size or age alone."""
        try:
            status = path.stat()
            known = (status.st_dev, status.st_ino)
            offset = self._offsets.get(known, 0)
            if status.st_size <= offset or status.st_mtime < self.since.timestamp():
                return
            file = path.open("rb")
        except FileNotFoundError:  # renamed as it was closed: the next look finds it, by its inode
            return
        with file:
            file.seek(offset)
            for line in file:
                if not line.endswith(b"\n"):
                    break
                offset += len(line)
                self._offsets[known] = offset
                yield line


def segment_files(folder: Path) -> list[Path]:
    """Return the segments of all replicas, oldest first, those that still grow among them."""
    found = [*folder.glob("*/*.jsonl"), *folder.glob("*/*.jsonl.open")]
    return sorted(found, key=lambda path: (path.name, path.parent.name))


def recent(folder: Path, count: int) -> list[Record]:
    """Return the newest decisions, newest first, at most `count`; a replayed payment is no decision."""
    found: list[Record] = []
    for path in reversed(segment_files(folder)):
        if len(found) >= count * 2:
            break
        found += [record for record in map(read_record, _tail(path)) if record and not record["replay"]]
    return sorted(found, key=lambda record: str(record["decided_at"]), reverse=True)[:count]


def _tail(path: Path) -> list[bytes]:
    """Return the last whole lines of a segment, a few megabytes of them."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - _CHUNK))
            lines = file.read().split(b"\n")[:-1]
    except FileNotFoundError:
        return []
    return lines[1:] if size > _CHUNK else lines


def read_record(line: bytes) -> Record | None:
    """Return a record of the schema, or None of any other line."""
    try:
        record = json.loads(line)
        good = (
            record["schema"] == SCHEMA
            and isinstance(record["payment"], dict)
            and isinstance(record["replay"], bool)
            and all(isinstance(record[name], str) for name in ("version", "decision", "end_to_end_id", "decided_at"))
            and 0 <= record["probability"] <= 1
            and record["latency_us"] >= 0
            and isinstance(record["degraded"], list)
        )
        decided_at(record)
    except (ValueError, KeyError, TypeError):
        return None
    return record if good else None


def decided_at(record: Record) -> datetime:
    """Return when the decision fell, UTC."""
    time = datetime.fromisoformat(str(record["decided_at"]))
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time
