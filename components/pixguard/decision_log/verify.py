"""Is the log what was written? Walk every replica's chain, and tell the first place where it breaks.

The chain shows every change to whoever trusts its newest head. Who may write the folder could also write a new chain:
so heads are kept elsewhere as anchors (`anchors`), such as in Git, and an anchored head must still be in its place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pixguard.decision_log.chain import LINKS, all_lines, header, links_path, segment_name, whole_lines
from pixguard.decision_log.diagnosis import Break, Chained, diagnose
from pixguard.decision_log.errors import ChainError
from pixguard.decision_log.heads import HEADS, Head, read_heads

Anchors = Mapping[str, Mapping[str, Any]]


@dataclass
class Verification:
    """What was found. Counts are of lines; `broken` is the first break of each replica, none where all is well."""

    verified: int = 0
    unchained: int = 0  # written before there was a chain: readable, not protected
    waiting: int = 0  # of growing segments, whose link is not written yet
    recovered: int = 0  # of the verified: chained by the start after a crash, not as they were written
    lost: int = 0  # had a link, and a power cut took them
    removed: int = 0  # of segments that retention removed, by their heads
    segments: int = 0
    broken: list[Break] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        """Tell whether nothing is broken."""
        return not self.broken


def verify_chain(folder: Path, expected: Anchors | None = None) -> Verification:
    """Verify the logs of all replicas below `folder`; `expected` are anchors taken earlier."""
    found = Verification()
    replicas = {path.parent for pattern in ("*.jsonl", "*.jsonl.open", HEADS) for path in folder.glob(f"*/{pattern}")}
    for replica in sorted(replicas | {folder / name for name in expected or ()}):
        broken = _replica(replica, (expected or {}).get(replica.name), found)
        if broken:
            found.broken.append(broken)
    return found


def verify_replica(folder: Path) -> Verification:
    """Verify the log of one replica, which lies in `folder`."""
    found = Verification()
    broken = _replica(folder, None, found)
    found.broken += [broken] if broken else []
    return found


def anchors(folder: Path) -> dict[str, dict[str, Any]]:
    """Return the newest head of each replica, to be kept where the log's owner cannot change it."""
    found = {path.parent.name: read_heads(path.parent) for path in sorted(folder.glob(f"*/{HEADS}"))}
    return {name: {"line": len(heads), "link": heads[-1].link} for name, heads in found.items() if heads}


def _replica(folder: Path, anchor: Mapping[str, Any] | None, found: Verification) -> Break | None:
    present = {segment_name(path): path for pattern in ("*.jsonl.open", "*.jsonl") for path in folder.glob(pattern)}
    linked = {segment_name(path) for path in folder.glob(f"*{LINKS}")}
    try:
        heads = read_heads(folder)  # after the listing: what was closed meanwhile has a head
    except ChainError as error:
        return Break(folder.name, "heads", detail=str(error))
    if anchor and (len(heads) < anchor["line"] or heads[anchor["line"] - 1].link != anchor["link"]):
        return Break(folder.name, "heads", detail=f"{folder / HEADS}: head {anchor['line']}, kept elsewhere, is gone")
    return _closed(folder, heads, found) or _others(folder, present, linked, heads, found)


def _closed(folder: Path, heads: Sequence[Head], found: Verification) -> Break | None:
    """Verify the segments that have a head, in the order of these; those up to the last removal may be gone."""
    removals = [head.entry["removed_through"] for head in heads if "removed_through" in head.entry]
    may_be_gone = bool(removals)
    seen: set[str] = set()
    for head in heads:
        if head.segment:
            broken = _segment(folder, head, seen, found, may_be_gone=may_be_gone)
            if broken:
                return broken
            may_be_gone = may_be_gone and head.segment != removals[-1]
        seen.add(head.link)
    return None


def _others(
    folder: Path, present: Mapping[str, Path], linked: set[str], heads: Sequence[Head], found: Verification
) -> Break | None:
    """Verify the segments without a head: what grows, what is older than the chain, what has no right to be here."""
    until = (heads[0].entry.get("unchained") or "") if heads else None
    for name in sorted((present.keys() | linked) - {head.segment for head in heads}):
        broken = None
        if name not in present:
            broken = Break(folder.name, "missing segment", name, detail="its links are there")
        elif present[name].suffix == ".open":
            broken = _growing(folder, present[name], heads, found)
        elif name in linked or (until is not None and name > until):
            broken = Break(folder.name, "inserted segment", name, detail="no head closes it")
        else:
            found.unchained += len(all_lines(_content(present[name])))
        if broken:
            return broken
    return None


def _segment(folder: Path, head: Head, seen: set[str], found: Verification, *, may_be_gone: bool) -> Break | None:
    name, entry = str(head.segment), head.entry
    if entry["after"] not in seen:
        return Break(folder.name, "heads", name, detail=f"it follows a head that is not in {HEADS}")
    path = folder / f"{name}.jsonl"
    if not path.exists():
        path = path.with_name(f"{path.name}.open")  # killed between the head and the new name
    if not path.exists():
        if not may_be_gone:
            return Break(folder.name, "missing segment", name, detail=f"{entry['lines']} lines")
        found.removed += entry["lines"]
        return None
    lines = all_lines(path.read_bytes())
    stored = all_lines(_content(links_path(path)))
    broken = diagnose(Chained(folder.name, name, entry["after"], lines, stored, entry["lines"], entry["last"]))
    if broken:
        return broken
    found.segments += 1
    found.verified += len(lines)
    found.recovered += entry["recovered"]
    found.lost += entry["lost"]
    return None


def _growing(folder: Path, path: Path, heads: Sequence[Head], found: Verification) -> Break | None:
    """Verify what a growing segment has links for; the links are read first, since they are written last."""
    name, stored = segment_name(path), whole_lines(_content(links_path(path)))
    lines = whole_lines(_content(path))
    after = next((head.link for head in heads if stored[:1] == [header(name, head.link)]), None)
    if stored and after is None:
        return Break(folder.name, "heads", name, detail=f"it follows a head that is not in {HEADS}")
    chained = lines[: max(0, len(stored) - 1)]
    broken = diagnose(Chained(folder.name, name, after, chained, stored)) if after else None
    if broken:
        return broken
    found.segments += 1
    found.verified += len(chained)
    found.waiting += len(lines) - len(chained)
    return None


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        closed = path.with_name(path.name.removesuffix(".open"))
        return closed.read_bytes() if closed != path and closed.exists() else b""
