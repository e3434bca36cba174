"""The decision log, followed from near its end, with a bound on what one look may cost.

A segment is known by its inode, for it is renamed when it is full; a last line without an end waits for the next look.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from pixguard.evidence.decisions import Record, read_record, segment_files

LOOK_BYTES = 32 * 2**20
"""About ten thousand decisions: half a second of reading."""


class Tail:
    """Reads each new record once. What lies more than `look_bytes` back is passed over, and said in `skipped_bytes`."""

    def __init__(self, folder: Path, look_bytes: int = LOOK_BYTES) -> None:
        self._folder, self._look_bytes = folder, look_bytes
        self._offsets: dict[tuple[int, int], int] = {}
        self._looked = False
        self.skipped_bytes = 0
        self.unreadable = 0

    def new(self) -> list[Record]:
        """Return the records that came since the last look, in the order of the segments."""
        found = [record for path, begin in self._grown() for record in self._records(path, begin)]
        self._looked = True
        return found

    def _grown(self) -> list[tuple[Path, bool]]:
        """Return the segments that grew, oldest first, and whether reading begins in the midst of a line."""
        room, grown, known = self._look_bytes, [], {}
        for path in reversed(segment_files(self._folder)):
            try:
                status = path.stat()
            except FileNotFoundError:  # renamed as it was closed: the next look finds it, by its inode
                continue
            key = (status.st_dev, status.st_ino)
            offset = self._offsets.get(key, 0)
            waiting = status.st_size - offset
            taken = min(max(waiting, 0), room)
            room -= taken
            known[key] = offset + waiting - taken
            if self._looked:
                self.skipped_bytes += waiting - taken
            if taken:
                grown.append((path, waiting > taken))
        for key in self._offsets.keys() - known.keys():
            del self._offsets[key]
        self._offsets.update(known)
        return grown[::-1]

    def _records(self, path: Path, midst: bool) -> Iterator[Record]:
        try:
            file = path.open("rb")
        except FileNotFoundError:  # closed and renamed in between
            return
        with file:
            status = os.fstat(file.fileno())
            key = (status.st_dev, status.st_ino)
            offset = self._offsets.setdefault(key, 0)
            file.seek(offset)
            for line in file:
                if not line.endswith(b"\n"):
                    break
                offset += len(line)
                record = read_record(line)
                if record is not None:
                    yield record
                elif not midst:
                    self.unreadable += 1
                midst = False
            self._offsets[key] = offset
