"""The history of releases, read again from Git whenever its branch moves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pixguard.overlay import Release
from pixguard.release.git import Branch
from pixguard.release.history import Entry, history

SHOWN = 30


class Releases:
    """The newest entries of one overlay; `entries` is empty until the first look."""

    def __init__(self, git: Path, overlay: str) -> None:
        self._git, self._path = git, f"{overlay}/model.yaml"
        self._key: object = None
        self.entries: Sequence[Entry] = ()

    def look(self) -> bool:
        """Read the history again where the branch moved; return whether it did. GitError where Git does not answer."""
        key = _place(self._git)
        if key == self._key:
            return False
        with Branch(str(self._git)) as branch:
            self.entries = history(branch, branch.fetch(), self._path, SHOWN)
        self._key = key
        return True


def to_json(entry: Entry) -> Mapping[str, Any]:
    """Return an entry as the page shows it."""
    note = entry.note
    return {
        "commit": entry.commit,
        "who": entry.author,
        "when": entry.time,
        "what": entry.what,
        "title": entry.title,
        "version": note.version if note else None,
        "serves": serves(entry.state),
        "why": list(note.reasons) if note else [],
        "evidence": dict(note.evidence) if note else {},
    }


def serves(state: Release | None) -> Mapping[str, Any] | None:
    """Return who then served which share, or None where the file was not readable."""
    if state is None:
        return None
    canary = state.canary
    return {
        "stable": state.stable.name,
        "canary": canary.version.name if canary else None,
        "percent": canary.percent if canary else 0,
    }


def _place(git: Path) -> tuple[str, float]:
    """Return something that differs when main moved: the loose reference, and when references were packed."""
    try:
        loose = (git / "refs" / "heads" / "main").read_text(encoding="ascii").strip()
    except FileNotFoundError:
        loose = ""
    packed = git / "packed-refs"
    return loose, packed.stat().st_mtime if packed.exists() else 0.0
