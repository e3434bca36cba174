"""The hash chain of a replica's log: no line is changed, taken out, slipped in or moved without being seen.

A link is SHA-256(link before ‖ line). Beside a segment lies `<segment>.links`: a header that says which head it
follows, then the link of each record. `heads.chain` (see `heads`) chains the segments to one another. Links are written
after their lines, by the log's writer; a line whose link a crash prevented gets it at the replica's next start.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

LINKS = ".links"
FIRST = "0" * 64  # before the first line of a chain
_HEX = re.compile("[0-9a-f]{64}")


def link(before: str, line: bytes) -> str:
    """Return the link of a line, hex."""
    return hashlib.sha256(bytes.fromhex(before) + line).hexdigest()


def links(before: str, lines: Iterable[bytes]) -> Iterator[str]:
    """Yield the link of each line."""
    digest = bytes.fromhex(before)
    for line in lines:
        digest = hashlib.sha256(digest + line).digest()
        yield digest.hex()


def told_link(line: bytes) -> str:
    """Return the link that a line begins with; of a damaged line a digest, so that a log goes on, and is found out."""
    found = line[:64].decode(errors="replace")
    return found if _HEX.fullmatch(found) else link(FIRST, line)


def whole_lines(content: bytes) -> list[bytes]:
    """Return the lines that end, with their line feeds."""
    return [each + b"\n" for each in content.split(b"\n")[:-1]]


def all_lines(content: bytes) -> list[bytes]:
    """Return the lines, a torn last one among them."""
    rest = content[content.rfind(b"\n") + 1 :]
    return whole_lines(content) + ([rest] if rest else [])


def header(segment: str, after: str) -> bytes:
    """Return the first line of a segment's links: its name and the head that it follows."""
    return (json.dumps({"segment": segment, "after": after}) + "\n").encode()


class LinkFile:
    """The links of one segment, growing with it. Methods raise OSError and then leave the file as it was."""

    def __init__(self, path: Path, segment: str, after: str) -> None:
        """Begin the file, or go on with what it holds; a torn last line is cut off."""
        self._file: BinaryIO = path.open("ab+", buffering=0)
        self._good_bytes = self._file.seek(0, 2)
        self.after, self.last, self.count = after, "", 0
        if not self._resume(segment):
            first = header(segment, after)
            self._replace(first)
            self.after, self.last, self.count = after, link(after, first), 0

    def append(self, lines: Iterable[bytes]) -> None:
        """Chain lines on."""
        found = list(links(self.last, lines))
        if not found:
            return
        block = "".join(f"{each}\n" for each in found).encode()
        try:
            if self._file.write(block) != len(block):
                raise OSError(f"{self._file.name}: the links were not written whole")
        except OSError:
            self._file.truncate(self._good_bytes)
            raise
        self._good_bytes += len(block)
        self.last, self.count = found[-1], self.count + len(found)

    def keep(self, count: int) -> int:
        """Drop the links of lines beyond the first `count`, which a power cut took; return how many."""
        lost = max(0, self.count - count)
        if lost:
            kept = self._lines()[: 1 + count]
            self._replace(b"".join(kept))
            self.count = count
            self.last = told_link(kept[-1]) if count else link(self.after, kept[0])
        return lost

    def sync(self) -> None:
        """Bring the links to the disk."""
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _resume(self, segment: str) -> bool:
        """Take over the whole lines of a file that was begun; False where not even its header is whole."""
        lines = self._lines()
        try:
            after = str(json.loads(lines[0])["after"])
        except (IndexError, ValueError, KeyError, TypeError):
            return False
        if lines[0] != header(segment, after):
            return False
        self._replace(b"".join(lines))
        self.after, self.count = after, len(lines) - 1
        self.last = told_link(lines[-1]) if self.count else link(after, lines[0])
        return True

    def _lines(self) -> list[bytes]:
        self._file.seek(0)
        return whole_lines(self._file.read())

    def _replace(self, content: bytes) -> None:
        self._file.seek(0)
        if self._file.read() != content:
            self._file.truncate(0)
            self._file.write(content)
        self._good_bytes = len(content)


def links_path(segment: Path) -> Path:
    """Return where the links of a segment lie, whether it still grows or not."""
    return segment.with_name(segment_name(segment) + LINKS)


def segment_name(segment: Path) -> str:
    """Return a segment's name without its endings."""
    return segment.name.removesuffix(".open").removesuffix(".jsonl").removesuffix(LINKS)
