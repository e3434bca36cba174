"""`heads.chain` of a replica: one line for each closed segment and each removal, each chained to the line before.

A line is `<link> <JSON>`, its link SHA-256(link of the line before ‖ JSON). It only grows, under a lock: the replica
and a retention job may both write. The first line says where the chain began: segments up to `unchained` are older.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from pixguard.decision_log.chain import FIRST, link, segment_name, told_link
from pixguard.decision_log.errors import ChainError

HEADS = "heads.chain"
SCHEMA = 1
_TAIL = 8192  # more than a line


@dataclass(frozen=True)
class Head:
    """One line."""

    link: str
    entry: Mapping[str, Any]

    @property
    def segment(self) -> str | None:
        """The segment it closes, if it does."""
        return self.entry.get("segment")


def append(folder: Path, entry: Mapping[str, Any]) -> Head:
    """Chain an entry on and return it with its link; a segment that the last line closes is not closed twice."""
    with (folder / HEADS).open("ab+", buffering=0) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        last = _last(file) or _begin(file, folder)
        if entry and (entry.get("segment") is None or entry.get("segment") != last.segment):
            last = _write(file, last.link, entry)
        os.fsync(file.fileno())
        return last


def newest(folder: Path) -> Head:
    """Return the last line; begins the chain where there is none."""
    return append(folder, {})


def read_heads(folder: Path) -> list[Head]:
    """Return all lines of a replica, verified, none where it has no chain; ChainError names the first bad line.

    A torn last line is no line: the replica was killed in the middle of it, and writes it again.
    """
    try:
        lines = (folder / HEADS).read_bytes().split(b"\n")
    except FileNotFoundError:
        return []
    found: list[Head] = []
    for number, line in enumerate(lines[:-1], start=1):
        before = found[-1].link if found else FIRST
        text = line[65:]
        if line[:65] != f"{link(before, text)} ".encode():
            raise ChainError(f"{folder / HEADS}:{number}: this line or the one before was changed, or lines are gone")
        found.append(Head(line[:64].decode(), _entry(text, f"{folder / HEADS}:{number}")))
    return found


def now() -> str:
    """Return the time as the chain writes it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _begin(file: BinaryIO, folder: Path) -> Head:
    old = sorted(segment_name(path) for path in folder.glob("*.jsonl"))
    first = {"chain": SCHEMA, "replica": folder.name, "began_at": now(), "unchained": old[-1] if old else None}
    return _write(file, FIRST, first)


def _entry(text: bytes, where: str) -> Mapping[str, Any]:
    try:
        entry = json.loads(text)
    except ValueError as error:
        raise ChainError(f"{where}: no JSON") from error
    if not isinstance(entry, dict):
        raise ChainError(f"{where}: no object")
    return entry


def _last(file: BinaryIO) -> Head | None:
    """Return the last whole line, and cut off what a crash left of one."""
    size = file.seek(0, 2)
    file.seek(max(0, size - _TAIL))
    tail = file.read()
    whole = tail.rfind(b"\n") + 1
    if whole < len(tail):
        file.truncate(size - len(tail) + whole)
    if not whole:
        return None
    line = tail[tail.rfind(b"\n", 0, whole - 1) + 1 : whole - 1]
    try:
        return Head(told_link(line), json.loads(line[65:]))
    except ValueError:  # somebody damaged it: the log goes on, and `read_heads` tells
        return Head(told_link(line), {})


def _write(file: BinaryIO, before: str, entry: Mapping[str, Any]) -> Head:
    text = json.dumps(entry).encode()
    head = Head(link(before, text), entry)
    line = f"{head.link} ".encode() + text + b"\n"
    size = file.seek(0, 2)
    if file.write(line) != len(line):
        file.truncate(size)
        raise OSError(f"{file.name}: a head was not written whole")
    return head
