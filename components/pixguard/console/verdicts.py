"""What analysts found: one line a verdict, appended, never changed. The newest line of a payment counts.

`<state>/outcomes/verdicts/<date>.jsonl`, the date in UTC of `known_at`. Two consoles, or one killed in the midst of a
line, do no harm: a lock keeps writers apart, and a torn last line is cut off before the next one is written.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pixguard.console.errors import VerdictError
from pixguard.decision_log.record import utc_text
from pixguard.payment import LABEL_FIELDS, Situation
from pixguard.payment.single import is_end_to_end_id

SITUATIONS = tuple(str(each) for each in Situation)
FIELDS = {each.name for each in LABEL_FIELDS} - {"known_at"}


@dataclass(frozen=True)
class Verdict:
    """One line."""

    end_to_end_id: str
    is_fraud: bool
    situation: str | None
    known_at: str
    by: str
    source: str = "analyst"

    def agrees(self, other: Verdict) -> bool:
        """Return whether the other says the same of the payment."""
        return (self.is_fraud, self.situation) == (other.is_fraud, other.situation)


def asked(data: Any, by: str, now: datetime) -> Verdict:
    """Return the verdict in what a page sent; VerdictError names the field, never its value."""
    if not isinstance(data, Mapping) or not data.keys() <= FIELDS | {"correct"}:
        raise VerdictError(400, "wanted end_to_end_id, is_fraud, situation and, to correct a verdict, correct")
    if not is_end_to_end_id(data.get("end_to_end_id")):
        raise VerdictError(400, "end_to_end_id: wanted E, ISPB, yyyyMMddHHmm and 11 characters")
    fraud, situation = data.get("is_fraud"), data.get("situation")
    if not isinstance(fraud, bool):
        raise VerdictError(400, "is_fraud: wanted true or false")
    if situation not in (SITUATIONS if fraud else (None,)):
        raise VerdictError(400, f"situation: wanted one of {', '.join(SITUATIONS)} for a fraud, else null")
    return Verdict(str(data["end_to_end_id"]), fraud, situation, utc_text(now.astimezone(UTC)), by)


class Verdicts:
    """The verdicts of all days, read as they grow."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._offsets: dict[Path, int] = {}
        self.newest: dict[str, Verdict] = {}
        self.unreadable = 0

    def look(self) -> None:
        """Read what was appended since the last look, by us or by somebody else."""
        for path in sorted(self._folder.glob("*.jsonl")):
            offset = self._offsets.get(path, 0)
            if path.stat().st_size <= offset:
                continue
            with path.open("rb") as file:
                file.seek(offset)
                for line in file:
                    if not line.endswith(b"\n"):
                        break
                    offset += len(line)
                    self._take(line)
            self._offsets[path] = offset

    def give(self, verdict: Verdict, *, correct: bool = False) -> bool:
        """Write a verdict; return False where it stood already. VerdictError 409 where another one stands."""
        with self._alone():
            self.look()
            before = self.newest.get(verdict.end_to_end_id)
            if before and before.agrees(verdict):
                return False
            if before and not correct:
                word = "fraud" if before.is_fraud else "no fraud"
                raise VerdictError(409, f"{before.by} said {word} at {before.known_at}: correct that verdict instead")
            _append(self._folder / f"{verdict.known_at[:10]}.jsonl", json.dumps(asdict(verdict)).encode() + b"\n")
            self.look()
        return True

    def _take(self, line: bytes) -> None:
        try:
            verdict = Verdict(**json.loads(line))
        except (ValueError, TypeError):
            self.unreadable += 1
            return
        before = self.newest.get(verdict.end_to_end_id)
        if before is None or before.known_at <= verdict.known_at:
            self.newest[verdict.end_to_end_id] = verdict

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (self._folder / ".lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _append(path: Path, line: bytes) -> None:
    """Add one whole line and wait until the disk has it; what a killed writer left torn is cut off first."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        size = os.fstat(descriptor).st_size
        if size and os.pread(descriptor, 1, size - 1) != b"\n":
            whole = os.pread(descriptor, size, 0).rfind(b"\n") + 1
            os.ftruncate(descriptor, whole)
        if os.write(descriptor, line) != len(line):
            raise VerdictError(507, "the verdict was not written whole: is the disk full?")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
