"""When a version served which share, and who brought that about: from an overlay's history. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pixguard.overlay import Release
from pixguard.release.history import Entry

STABLE, CANARY, GONE = "stable", "canary", "not serving"


@dataclass(frozen=True)
class Change:
    """A commit of the branch that changed what a version does, and the commit in it that says why.

    They are one where a machine commits directly; of a pull request, `entry` is the merge, `written` what was merged.
    """

    entry: Entry
    written: Entry | None
    role: str
    percent: int
    until: str | None  # the next change, ISO 8601; None: it lasts

    def to_json(self) -> dict[str, Any]:
        """Return it as plain data."""
        note = self.written.note if self.written else None
        return {
            "since": self.entry.time,
            "until": self.until,
            "role": self.role,
            "percent": self.percent,
            "approved_by": self.entry.author,
            "commit": self.entry.commit,
            "what": note.action if note else "by hand",
            "written_by": self.written.author if self.written else self.entry.author,
            "written_commit": self.written.commit if self.written else self.entry.commit,
            "why": list(note.reasons) if note else [self.entry.title],
            "evidence": dict(note.evidence) if note else {},
        }


def changes(mainline: Sequence[Entry], every: Sequence[Entry], version: str) -> list[Change]:
    """Return the changes of a version's role or share, oldest first.

    `mainline` are the branch's own commits, `every` also those that were merged; both newest first. A commit that made
    the overlay unreadable changes nothing: what served goes on.
    """
    found: list[Change] = []
    own = {entry.commit for entry in mainline}
    merged = [entry for entry in every if entry.commit not in own]
    for entry in reversed(mainline):
        if entry.state is None:
            continue
        role, percent = standing(entry.state, version)
        before = (found[-1].role, found[-1].percent) if found else (GONE, 0)
        if (role, percent) != before:
            if found:
                found[-1] = _ended(found[-1], entry.time)
            found.append(Change(entry, _written(entry, merged), role, percent, None))
    return found


def standing(state: Release, version: str) -> tuple[str, int]:
    """Return a version's role and share of the traffic in a release."""
    canary = state.canary
    if canary and canary.version.name == version:
        return CANARY, canary.percent
    if state.stable.name == version:
        return STABLE, 100 - canary.percent if canary else 100
    return GONE, 0


def _written(entry: Entry, merged: Sequence[Entry]) -> Entry | None:
    """Return the commit whose message tells of the change: the entry itself, or the newest merged one of its state."""
    if entry.note:
        return entry
    return next((each for each in merged if each.note and each.state == entry.state and each.time <= entry.time), None)


def _ended(change: Change, at: str) -> Change:
    return Change(change.entry, change.written, change.role, change.percent, at)
