"""Which segments hold decisions of which days: what a reader that goes day by day has to open, and open again."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from pixguard.decision_log.errors import DecisionLogError
from pixguard.decision_log.record import read_record
from pixguard.decision_log.segments import segment_files

_TAIL = 1 << 16  # a record has some kilobytes
_SLACK = timedelta(minutes=1)  # requests end in another order than that in which they are logged


@dataclass(frozen=True)
class Segment:
    """A segment file, its size now, and the days of its first and last decision."""

    path: Path
    bytes: int
    first: date
    last: date

    @property
    def days(self) -> tuple[date, ...]:
        """The days that it may hold decisions of."""
        return tuple(self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1))


def segments_by_day(folder: Path, *, opened: bool = True) -> dict[date, list[Segment]]:
    """Return the segments of all replicas below `folder` by the days that they may hold decisions of, oldest first.

    Reads the first and the last line of each. DecisionLogError names a damaged file.
    """
    found: dict[date, list[Segment]] = defaultdict(list)
    for path in segment_files(folder, opened=opened):
        segment = _segment(path)
        for day in segment.days if segment else ():
            found[day].append(segment)  # type: ignore[arg-type]
    return dict(sorted(found.items()))


def fingerprint(segments: Iterable[Segment]) -> str:
    """Return bytes in all, and a digest of names and sizes: a closed segment never changes, an open one only grows."""
    found = sorted((f"{s.path.parent.name}/{s.path.name.partition('.jsonl')[0]}", s.bytes) for s in segments)
    whole = hashlib.sha256("".join(f"{name} {size}\n" for name, size in found).encode())
    return f"{sum(size for _, size in found)}-{whole.hexdigest()[:32]}"


def has_grown(before: str | None, now: str) -> bool:
    """Tell from two fingerprints of a day whether there is more to read than there was.

    A day that shrank lost segments to retention: what was read of it while they were there is the whole.
    """
    if before is None:
        return True
    return before != now and int(now.partition("-")[0]) >= int(before.partition("-")[0])


def _segment(path: Path) -> Segment | None:
    """Return what a segment holds, None of one without a whole line or that was closed under our hands."""
    try:
        with path.open("rb") as file:
            first = file.readline()
            size = file.seek(0, 2)
            file.seek(max(0, size - _TAIL))
            lines = file.read().splitlines(keepends=True)
    except FileNotFoundError:
        closed = path.with_name(path.name.removesuffix(".open"))
        return None if closed == path else _segment(closed)
    whole = [line for line in lines[-2:] if line.endswith(b"\n")]
    if not whole:
        return None
    try:
        begin, end = (read_record(line).decided for line in (first, whole[-1]))
    except DecisionLogError as error:
        raise DecisionLogError(f"{path}: {error}") from error
    return Segment(path, size, (begin - _SLACK).date(), (max(begin, end) + _SLACK).date())
