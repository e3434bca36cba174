"""Make every logged decision again and compare, bit for bit: `pixguard explain --all`.

Ends with 1 where a decision comes out otherwise, or cannot be made again.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from pixguard.archive import PersonKeys
from pixguard.errors import PixguardError
from pixguard.explanation.find import every
from pixguard.explanation.versions import Versions

SHOWN = 10


@dataclass
class Check:
    """What came of a log."""

    seconds: float = 0.0
    equal: Counter[str] = field(default_factory=Counter)  # by version
    differing: Counter[str] = field(default_factory=Counter)  # by version
    failed: Counter[str] = field(default_factory=Counter)  # by why
    examples: list[str] = field(default_factory=list)  # of what differs

    @property
    def is_equal(self) -> bool:
        """Tell whether every decision came out as it was logged."""
        return not self.differing and not self.failed

    def to_json(self) -> Mapping[str, object]:
        """Return it as plain data."""
        counts = {name: dict(getattr(self, name)) for name in ("equal", "differing", "failed")}
        return {**counts, "examples": self.examples, "seconds": round(self.seconds, 3)}


def run(*, decisions: Path, versions: Versions, limit: int = 0, keys: PersonKeys | None = None) -> Check:
    """Recompute the log's decisions, `limit` 0 is all; a version is opened once. With `keys` it is an archive."""
    found, began = Check(), time.perf_counter()
    for logged in islice(every(decisions, keys), limit or None):
        record = logged.record
        try:
            again = versions.open(record.version).recompute(record)
        except PixguardError as error:
            found.failed[str(error)] += 1
            continue
        if again.is_equal:
            found.equal[record.version] += 1
            continue
        found.differing[record.version] += 1
        if len(found.examples) < SHOWN:
            found.examples.append(f"{logged.segment}:{logged.line}: {', '.join(again.differing)}")
    found.seconds = time.perf_counter() - began
    return found


def as_text(found: Check) -> str:
    """Return the lines that are printed."""
    total = sum(map(Counter.total, (found.equal, found.differing, found.failed)))
    lines = [f"{version}: {count:,} bit-equal" for version, count in sorted(found.equal.items())]
    lines += [f"{version}: {count:,} DIFFER" for version, count in sorted(found.differing.items())]
    lines += [f"{count:,} not made again: {why}" for why, count in found.failed.items()]
    rate = found.equal.total() / found.seconds if found.seconds else 0.0
    summary = f"{found.equal.total():,} of {total:,} decisions bit-equal in {found.seconds:.1f} s ({rate:,.0f}/s)"
    return "\n".join([*lines, *found.examples, summary])
