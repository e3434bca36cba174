"""How long a log is kept: whole old segments go, their heads stay, and the removal is itself a line of the chain."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pixguard.decision_log import heads
from pixguard.decision_log.chain import LINKS, segment_name
from pixguard.decision_log.errors import ChainError
from pixguard.decision_log.heads import Head, read_heads
from pixguard.decision_log.segments import recover
from pixguard.decision_log.verify import verify_replica

DEAD_S = 3600.0  # a replica closes its segments within a minute: who leaves one open so long is gone for good
Before = Callable[[Path, Sequence[Head]], None]


@dataclass(frozen=True)
class Removed:
    """What was removed of one replica's log."""

    replica: str
    segments: int
    lines: int


def remove(replica: Path, before: datetime, rule: str, first: Before | None = None) -> Removed:
    """Remove the segments of a replica that were closed before a time, oldest first, up to the first that was not.

    Nothing is removed of a log whose chain is broken: ChainError. `first` is called with the segments beforehand, to
    keep them elsewhere. Done twice, or after a crash, it is done once. Segments older than the chain are left alone.
    """
    if any(time.time() - path.stat().st_mtime > DEAD_S for path in replica.glob("*.jsonl.open")):
        recover(replica)
    found = verify_replica(replica)
    if found.broken:
        raise ChainError(f"{found.broken[0]}; a log that was tampered with is evidence: nothing was removed")
    chain = read_heads(replica)
    _sweep(replica, chain)
    old = expired(replica, chain, before)
    if not old:
        return Removed(replica.name, 0, 0)
    if first:
        first(replica, old)
    lines = sum(head.entry["lines"] for head in old)
    entry = {"removed_through": old[-1].segment, "segments": len(old), "lines": lines, "rule": rule, "at": heads.now()}
    heads.append(replica, entry)
    _sweep(replica, read_heads(replica))
    return Removed(replica.name, len(old), lines)


def expired(replica: Path, chain: Sequence[Head], before: datetime) -> list[Head]:
    """Return the heads of the segments that are still there and were closed before a time, oldest first."""
    found = []
    for head in chain:
        if head.segment is None:
            continue
        if datetime.fromisoformat(head.entry["at"]) >= before:
            break
        if (replica / f"{head.segment}.jsonl").exists():
            found.append(head)
    return found


def _sweep(replica: Path, chain: Sequence[Head]) -> None:
    """Delete the files of all segments up to the last removal: also those that a crash left behind."""
    last = next((head.entry["removed_through"] for head in reversed(chain) if "removed_through" in head.entry), None)
    if last is None:
        return
    gone = [str(head.segment) for head in chain if head.segment]
    names = set(gone[: gone.index(last) + 1])
    for path in [*replica.glob("*.jsonl"), *replica.glob(f"*{LINKS}")]:
        if segment_name(path) in names:
            path.unlink()
