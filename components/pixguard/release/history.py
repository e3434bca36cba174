"""What was released, by whom, when and why: told from Git alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pixguard import overlay
from pixguard.overlay import OverlayError, Release
from pixguard.release.errors import GitError, ReleaseError
from pixguard.release.git import Branch
from pixguard.release.message import Note, read


@dataclass(frozen=True)
class Entry:
    """One commit that changed an overlay: what its message says, and what the file then said, which is what counts."""

    commit: str
    author: str
    time: str
    title: str
    note: Note | None  # None: written by hand
    state: Release | None  # None: not readable, or gone

    @property
    def what(self) -> str:
        """Return the action, or that a person did it without us."""
        return self.note.action if self.note else "by hand"


def history(branch: Branch, head: str, path: str, limit: int = 0, *, mainline: bool = False) -> list[Entry]:
    """Return the entries of an overlay, newest first; `limit` 0 is all, `mainline` leaves merged commits out."""
    logged = branch.log(head, path, limit, mainline=mainline)
    return [
        Entry(each.commit, each.author, each.time, each.message.partition("\n")[0], read(each.message),
              _state(branch, each.commit, path))
        for each in logged
    ]  # fmt: skip


def trial(entries: Sequence[Entry], name: str) -> Sequence[Entry]:
    """Return the commits of the present trial of `name`, newest first: as far as its proposal, or somebody else's."""
    taken: list[Entry] = []
    for entry in entries:
        if entry.note is None or entry.note.version != name or entry.note.action in {"rollback", "promote"}:
            break
        taken.append(entry)
        if entry.note.action == "propose":
            break
    return taken


def promotion(entries: Sequence[Entry]) -> Sequence[Entry]:
    """Return the commits that brought the present stable version, newest first: from its promotion to its proposal.

    ReleaseError where the newest entry is no promotion, or where somebody else's commit lies between.
    """
    if not entries or entries[0].note is None or entries[0].note.action not in {"promote", "install"}:
        found = entries[0].title if entries else "nothing"
        raise ReleaseError(f"the overlay's last change is no promotion ({found}): revert it by hand with git revert")
    name, taken = entries[0].note.version, []
    for entry in entries:
        if entry.note is None or entry.note.version != name:
            raise ReleaseError(f"{entry.commit[:12]} ({entry.title}) lies within the release of {name}: revert by hand")
        taken.append(entry)
        if entry.note.action in {"propose", "install"}:
            return taken
    raise ReleaseError(f"the proposal of {name} is not in the history: revert it by hand with git revert")


def _state(branch: Branch, commit: str, path: str) -> Release | None:
    try:
        return overlay.read(branch.read(commit, path))
    except (GitError, OverlayError):  # a commit that removed or broke the file is still part of the story
        return None
