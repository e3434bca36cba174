"""Segment files that the stream has worked off go after a while, as messages leave Kafka.

They stay for `keep_h` hours, since a stream that takes over from a new backfill reads them again from its cut. Before
the first file goes, a note says until when files may be missing: killed at any point, the cleaner leaves either a file
or a note of its absence, and whoever needs an older one is told.
"""

from __future__ import annotations

import json
from pathlib import Path

from pixguard.lake import write_json

KEEP_H = 168.0  # as long as the topics keep messages
LEAST_KEEP_H = 2.0  # a payment may be an hour ahead of the clock (`messages.MAX_AHEAD_US`)
_NOTE = ".cleaned.json"


def clean(folder: Path, as_of_us: int, keep_h: float) -> int:
    """Remove the segments that were written `keep_h` hours before all was worked off; return how many."""
    until_s = as_of_us / 1e6 - keep_h * 3600
    old = sorted(file for file in folder.glob("*.jsonl") if file.stat().st_mtime < until_s)
    if old:
        write_json(folder / _NOTE, {"until_us": max(int(until_s * 1e6), cleaned_until_us(folder))})
    for file in old:
        file.unlink()
    return len(old)


def cleaned_until_us(folder: Path) -> int:
    """Return the time before which segments may be missing, 0 where none are."""
    try:
        return int(json.loads((folder / _NOTE).read_text("utf-8"))["until_us"])
    except FileNotFoundError:
        return 0
