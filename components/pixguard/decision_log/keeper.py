"""Decisions of a Kafka topic → chained segment files, a folder a partition: each message once, in the topic's order.

Where a folder stands is in the folder itself: `position.json` says from which offset on there is more than so many
lines. A line is on the disk before the position says so; what the chain holds beyond it was written after it, message
by message, and is passed over once after a crash. Kafka's own memory of groups forgets, and is not asked.

What is no record, or was gone before it was kept, is an entry of the chain: it is never lost without a trace.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from confluent_kafka import Message

from pixguard.decision_log import heads
from pixguard.decision_log.errors import DecisionLogError
from pixguard.decision_log.record import read_record
from pixguard.decision_log.segments import SegmentSink
from pixguard.provenance.files import json_text, replace_file

POSITION = "position.json"
SEGMENT_S = 600.0  # readers see a segment while it grows: a file a minute for each partition would be too many


@dataclass(frozen=True)
class Taken:
    """What came of some messages."""

    kept: int
    rejected: int
    repeated: int  # written already by the process before this one


class Partition:
    """The folder of one partition."""

    def __init__(self, log: Path, topic: str, number: int, *, segment_s: float = SEGMENT_S) -> None:
        """Close what a dead process left open; DecisionLogError where lines and position do not belong together."""
        self._folder = log / f"{topic}-{number}"
        self._sink = SegmentSink(self._folder, fsync="always", segment_s=segment_s)
        chain = heads.read_heads(self._folder)
        self._lines = sum(int(head.entry["lines"]) for head in chain if head.segment)
        self._rejected = {head.entry["rejected_offset"] for head in chain if "rejected_offset" in head.entry}
        self.offset, recorded = self._position()
        self._repeated = self._lines - recorded
        if self._repeated < 0 or (self.offset is None and self._lines):
            raise DecisionLogError(
                f"{self._folder}: {self._lines} lines are chained, {POSITION} speaks of {recorded}: decisions are "
                "missing, or the file is; look with `pixguard verify`, and bring the folder back from its backup"
            )

    def begin(self, low: int, *, accept_gap: bool = False) -> int:
        """Return the offset to read from, of a topic that holds messages from `low` on.

        DecisionLogError where messages are gone that were not kept; with `accept_gap` that is an entry of the chain.
        """
        if self.offset is None:
            self._move_to(low)
        elif low > self.offset:
            if not accept_gap:
                raise DecisionLogError(
                    f"{self._folder}: Kafka dropped offsets {self.offset} to {low - 1} before they were kept; if they "
                    "are nowhere else, go on with --accept-gap, which writes the loss into the chain"
                )
            heads.append(self._folder, {"gap_from": self.offset, "gap_to": low - 1, "at": heads.now()})
            self._repeated = 0
            self._move_to(low)
        assert self.offset is not None
        return self.offset

    def take(self, messages: Sequence[Message]) -> Taken:
        """Write messages in their order and remember how far that was; OSError leaves the last position."""
        lines, rejected, repeated, after = [], 0, 0, self.offset or 0
        for message in messages:
            offset, value = message.offset(), message.value() or b""
            assert offset is not None
            after = offset + 1
            fault = _fault(value)
            if fault:
                rejected += self._reject(offset, fault)
            elif self._repeated:
                self._repeated, repeated = self._repeated - 1, repeated + 1
            else:
                lines.append(value)
        if lines:
            self._sink.write(lines)
            self._lines += len(lines)
        if messages:
            self._move_to(after)
        return Taken(len(lines), rejected, repeated)

    def tick(self) -> None:
        """Close a segment that is old enough."""
        self._sink.tick()

    def close(self) -> None:
        """Close the open segment."""
        self._sink.close(timeout_s=0)

    def _reject(self, offset: int, fault: str) -> int:
        """Chain the offset and the reason, once; what the message holds stays out of it."""
        if offset in self._rejected:
            return 0
        heads.append(self._folder, {"rejected_offset": offset, "reason": fault, "at": heads.now()})
        self._rejected.add(offset)
        return 1

    def _move_to(self, offset: int) -> None:
        content = {"offset": offset, "lines": self._lines - self._repeated}
        replace_file(self._folder / POSITION, json_text(content).encode())
        self.offset = offset

    def _position(self) -> tuple[int | None, int]:
        try:
            data = json.loads((self._folder / POSITION).read_text("utf-8"))
            return int(data["offset"]), int(data["lines"])
        except FileNotFoundError:
            return None, 0
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DecisionLogError(f"{self._folder / POSITION}: {error!r}; bring it back from its backup") from error


def _fault(value: bytes) -> str:
    """Say why a message is no line of the log; empty where it is one."""
    if value.find(b"\n") != len(value) - 1:
        return "not one line"
    try:
        read_record(value)
    except DecisionLogError as error:
        return str(error)
    return ""
