"""Where and how a segment differs from what its links and its head say. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pixguard.decision_log.chain import header, link, links


@dataclass(frozen=True)
class Break:
    """The first place where a replica's chain breaks; lines are counted from 1.

    `what`: changed, deleted, inserted, reordered, truncated (lines); missing or inserted segment; links; heads.
    """

    replica: str
    what: str
    segment: str = ""
    line: int | None = None
    detail: str = ""

    def __str__(self) -> str:
        """Say it on one line."""
        place = "/".join(part for part in (self.replica, self.segment) if part)
        return f"{place}{'' if self.line is None else f':{self.line}'}: {self.what}" + (
            f" ({self.detail})" if self.detail else ""
        )


@dataclass(frozen=True)
class Chained:
    """What is on the disk of one segment: its records' lines, the lines of its links, and the head that it follows.

    `count` and `last` are the number of records and the last link by its own head; None of a segment that grows.
    """

    replica: str
    name: str
    after: str
    lines: Sequence[bytes]
    links: Sequence[bytes]
    count: int | None = None
    last: str | None = None


def diagnose(found: Chained) -> Break | None:
    """Return the first difference, None where there is none."""
    first = header(found.name, found.after)
    begin = link(found.after, first)
    right = list(links(begin, found.lines))
    stored = [each.removesuffix(b"\n").decode(errors="replace") for each in found.links[1:]]
    count = len(stored) if found.count is None else found.count
    last = (stored[-1] if stored else begin) if found.last is None else found.last
    if len(right) == count and (right[-1] if right else begin) == last:
        wanted = [first, *(f"{each}\n".encode() for each in right)]
        return None if wanted == list(found.links) else _of_links(found, wanted)
    if found.links[:1] != [first] or len(stored) != count or (stored[-1] if stored else begin) != last:
        return Break(found.replica, "changed", found.name, detail="its links were changed too: line unknown")
    return _of_lines(found, right, [begin, *stored])


def _of_links(found: Chained, wanted: Sequence[bytes]) -> Break:
    pairs = enumerate(zip(wanted, found.links, strict=False))
    at = next((place for place, (right, stored) in pairs if right != stored), min(len(wanted), len(found.links)))
    return Break(found.replica, "links", found.name, at, "the records are as they were written, their links are not")


def _of_lines(found: Chained, right: Sequence[str], stored: Sequence[str]) -> Break:
    """Classify the first line that does not fit; `stored` begins with the link before the first line."""
    pairs = enumerate(zip(right, stored[1:], strict=False))
    at = next((place for place, (ours, theirs) in pairs if ours != theirs), min(len(right), len(stored) - 1))
    what = _what(found.lines[at:], stored[at:])
    return Break(found.replica, what, found.name, at + 1, f"{len(found.lines)} lines, {len(stored) - 1} links")


def _what(lines: Sequence[bytes], stored: Sequence[str]) -> str:
    """Say what happened to the first of `lines`; the first of `stored` is the link before it."""
    if not lines:
        return "truncated"
    if len(stored) == 1:
        return "inserted"
    here = next((place for place, line in enumerate(lines) if link(stored[0], line) == stored[1]), None)
    first_belongs = any(link(stored[place], lines[0]) == stored[place + 1] for place in range(1, len(stored) - 1))
    if first_belongs:
        return "deleted" if here is None else "reordered"
    return "changed" if here is None else "inserted"
