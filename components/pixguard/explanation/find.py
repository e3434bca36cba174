"""Where a decision lies in the log: its record, and its place there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pixguard.archive import PersonKeys, read_archive
from pixguard.decision_log import Record, read_record, segment_files
from pixguard.decision_log.chain import links_path
from pixguard.explanation.errors import ExplanationError


@dataclass(frozen=True)
class Logged:
    """A record and its place: the segment's file, and the line counted from 1."""

    record: Record
    segment: Path
    line: int

    @property
    def link(self) -> str | None:
        """The line's link of the hash chain; None where it has none (yet)."""
        try:
            links = links_path(self.segment).read_text("ascii", errors="replace").splitlines()
        except FileNotFoundError:
            return None
        return links[self.line] if self.line < len(links) else None  # the first line is the header


def find(decisions: Path, end_to_end_id: str, keys: PersonKeys | None = None) -> Logged:
    """Return the decision on a payment: the last that was no replay, else the last replay; ExplanationError if none.

    With `keys`, `decisions` is an archive.
    """
    wanted = end_to_end_id.encode()
    found = [each for each in every(decisions, keys, wanted) if each.record.end_to_end_id == end_to_end_id]
    if not found:
        raise ExplanationError(f"{end_to_end_id} is not in the decision log {decisions}; is it the right folder?")
    return max(found, key=lambda each: (not each.record.replay, each.record.decided_at))


def every(decisions: Path, keys: PersonKeys | None = None, holding: bytes = b"") -> Iterator[Logged]:
    """Yield every record with its place; of a log that is no archive, only the lines that hold some bytes."""
    if keys is not None:
        yield from (Logged(record, path, number) for path, number, record in read_archive(decisions, keys))
        return
    for path, number, line in logged_lines(decisions):
        if holding in line:
            yield Logged(read_record(line), path, number)


def logged_lines(decisions: Path) -> Iterator[tuple[Path, int, bytes]]:
    """Yield every whole line of the log with its place; ExplanationError where there is no log."""
    paths = segment_files(decisions)
    if not paths:
        raise ExplanationError(f"{decisions} holds no decision log: give the folder that holds a folder per replica")
    for path in paths:
        closed = path.with_name(path.name.removesuffix(".open"))
        with (path if path.exists() else closed).open("rb") as file:  # closed since it was listed
            for number, line in enumerate(file, start=1):
                if line.endswith(b"\n"):
                    yield path, number, line
