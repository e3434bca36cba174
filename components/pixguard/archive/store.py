"""Segments of the log → segments of the archive, one for one, and the archive read again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from pixguard.archive.errors import ArchiveError
from pixguard.archive.keys import PersonKeys
from pixguard.archive.seal import opened, seal
from pixguard.decision_log import Record, segment_files, write_segment
from pixguard.decision_log.chain import whole_lines
from pixguard.decision_log.heads import Head, read_heads

_DAYS_AT_HAND = 2


def archive(replica: Path, segments: Sequence[Head], archive_folder: Path, keys: PersonKeys) -> int:
    """Seal segments of a replica's log into the archive; return how many lines. What is there already stays."""
    target, count = archive_folder / replica.name, 0
    there = {head.segment for head in read_heads(target)}
    for head in segments:
        if head.segment in there:
            continue
        lines = whole_lines((replica / f"{head.segment}.jsonl").read_bytes())
        source = {"link": head.link, "lines": head.entry["lines"], "last": head.entry["last"]}
        write_segment(target, str(head.segment), seal(lines, keys), source)
        count += len(lines)
    return count


def read_archive(folder: Path, keys: PersonKeys) -> Iterator[tuple[Path, int, Record]]:
    """Yield every record with its place; who is forgotten is ERASED. ArchiveError names a line that is none."""
    keys_of = lru_cache(maxsize=_DAYS_AT_HAND)(keys.by_handle)
    for path in segment_files(folder, opened=False):
        for number, line in enumerate(whole_lines(path.read_bytes()), start=1):
            try:
                yield path, number, opened(line, keys_of)
            except ArchiveError as error:
                raise ArchiveError(f"{path}:{number}: {error}") from error
