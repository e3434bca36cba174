"""The desk where the releases of one environment are written: commits, and where people review, pull requests."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from pixguard import overlay
from pixguard.overlay import Release
from pixguard.release import message
from pixguard.release.errors import ForgeError, MovedError, ReleaseError
from pixguard.release.forge import Forge, Pull
from pixguard.release.git import Branch
from pixguard.release.message import Note

REVIEWED = ("prod",)
"""Environments that people review: a change is a pull request."""
_ATTEMPTS = 8


@dataclass(frozen=True)
class Standing:
    """What Git says now: the head, the overlay's text, and since which commit the branch has it."""

    head: str
    text: str
    release: Release
    changed: str
    changed_at: datetime


@dataclass(frozen=True)
class Written:
    """A change that was written: its commit, and its pull request where it needs one."""

    commit: str
    url: str = ""
    merged: bool = True


class Desk:
    """Reads and writes one overlay on one branch, in the name of `author`."""

    def __init__(
        self,
        branch: Branch,
        environment: str,
        author: str,
        forge: Forge | None = None,
        at: Callable[[str], None] = lambda _point: None,
    ) -> None:
        self.branch, self.environment, self.author = branch, environment, author
        self.at = at  # called at every point between two effects, so that a test may end the process there
        self.path = f"kustomize/overlays/{environment}/model.yaml"
        self.forge = forge if environment in REVIEWED else None
        if environment in REVIEWED and forge is None:
            raise ReleaseError(f"{environment} takes pull requests: give the repository and a token of its forge")

    def standing(self) -> Standing:
        """Return what Git says now; OverlayError where the overlay is none of ours."""
        head = self.branch.fetch()
        text = self.branch.read(head, self.path)
        release = overlay.read(text)
        last = self.branch.last(head, self.path)
        return Standing(head, text, release, last.commit, datetime.fromisoformat(last.time))

    def write(self, seen: Standing, edit: Callable[[str], str], note: Note, *, urgent: bool = False) -> Written | None:
        """Write `edit` of what was seen, with its note; None where that changes nothing.

        Other people's commits beside the overlay are built upon; MovedError where they changed the overlay, for the
        reasons in the note then speak of something else. In a reviewed environment an `urgent` pull request is merged.
        """
        new = edit(seen.text)
        if new == seen.text:
            return None
        if self.forge is not None:
            return self._ask(self.forge, seen, new, note, urgent)
        head = seen.head
        for _ in range(_ATTEMPTS):
            commit = self.branch.commit(head, {self.path: new}, message.write(note), self.author)
            self.at("committed")
            try:
                self.branch.push(commit, head)
            except MovedError:
                head = self._unmoved(seen)
            else:
                self.at("pushed")
                return Written(commit)
        raise MovedError(f"{self.branch.shown} {self.branch.name} moves too often ({_ATTEMPTS} times); try again")

    def _unmoved(self, seen: Standing) -> str:
        """Return the new head, if the overlay on it is as it was seen."""
        head = self.branch.fetch()
        if self.branch.read(head, self.path) != seen.text:
            last = self.branch.last(head, self.path)
            title = last.message.partition("\n")[0]
            raise MovedError(f"{self.path} was changed meanwhile by {last.author} ({last.commit[:12]} {title})")
        return head

    def _ask(self, forge: Forge, seen: Standing, new: str, note: Note, urgent: bool) -> Written:
        """Open or bring up to date the pull request of this very change; others of the environment are closed."""
        digest = hashlib.sha256(f"{seen.changed}\0{new}".encode()).hexdigest()[:10]
        prefix = f"pixguard/{self.environment}/"
        name = f"{prefix}{note.version}-{note.action}-{digest}"
        others = [pull for pull in forge.open_pulls(prefix) if pull.branch != name]
        commit = self.branch.commit(seen.head, {self.path: new}, message.write(note), self.author)
        commit = self.branch.push_new(commit, name)
        pull = forge.ensure(name, self.branch.name, note.title, message.markdown(note))
        for other in others:
            forge.close(other, f"Superseded by #{pull.number}: {note.title}")
        if urgent:
            self._merge(forge, pull, commit)
        return Written(commit, pull.url, merged=urgent)

    def _merge(self, forge: Forge, pull: Pull, commit: str) -> None:
        try:
            forge.merge(pull, commit)
        except ForgeError as error:
            raise ForgeError(f"the rollback waits for a person: {pull.url} ({error})") from error
