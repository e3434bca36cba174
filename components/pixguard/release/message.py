"""The message of a release's commit: a line for people, the reasons, and trailers that `history` reads again."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

ACTIONS = ("install", "propose", "advance", "promote", "rollback")
_TRAILER = re.compile(r"(Pixguard-[A-Z][A-Za-z]*): (.*)")
_TITLES = {
    "install": "{env}: {version} serves, the first of its place",
    "propose": "{env}: {version} on trial at 0 %, beside {stable}",
    "advance": "{env}: {version} on trial at {percent} %",
    "promote": "{env}: {version} promoted, {stable} retires",
    "rollback": "{env}: {version} rolled back, {stable} serves",
}


@dataclass(frozen=True)
class Note:
    """What a commit did, to which version, and why. `stable` served before it; after a rollback it serves again."""

    action: str
    environment: str
    version: str
    stable: str
    percent: int
    reasons: tuple[str, ...] = ()
    evidence: Mapping[str, Any] = field(default_factory=dict)  # name → [canary, stable]
    reverts: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Return the first line."""
        return _TITLES[self.action].format(
            env=self.environment, version=self.version, stable=self.stable, percent=self.percent
        )


def write(note: Note) -> str:
    """Return the message; a reason is one line whatever it holds, so that no reason can pose as a trailer."""
    parts = [
        [note.title],
        [f"- {' '.join(reason.split())}" for reason in note.reasons],
        [f"This reverts commit {commit}." for commit in note.reverts],
        [f"Pixguard-{key}: {value}" for key, value in _trailers(note).items()],
    ]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _trailers(note: Note) -> Mapping[str, Any]:
    return {
        "Action": note.action,
        "Environment": note.environment,
        "Version": note.version,
        "Stable": note.stable,
        "Traffic": note.percent,
        "Evidence": json.dumps(note.evidence, sort_keys=True, allow_nan=False),
    }


def markdown(note: Note) -> str:
    """Return the body of a pull request: the reasons, and the figures of both versions side by side."""
    lines = [f"`{note.version}` beside `{note.stable}` in **{note.environment}**.", ""]
    lines += [f"- {' '.join(reason.split())}" for reason in note.reasons]
    if note.evidence:
        lines += ["", "| evidence | canary | stable |", "| --- | ---: | ---: |"]
        lines += [f"| {name} | {_figure(pair[0])} | {_figure(pair[1])} |" for name, pair in note.evidence.items()]
    return "\n".join(lines) + "\n"


def _figure(value: Any) -> str:
    return "" if value is None else f"{value:.4g}"


def read(message: str) -> Note | None:
    """Return the note of a message that `write` made; None of any other."""
    last = message.strip().split("\n\n")[-1]
    found = {match[1]: match[2] for line in last.splitlines() if (match := _TRAILER.fullmatch(line.strip()))}
    try:
        action, evidence = found["Pixguard-Action"], json.loads(found["Pixguard-Evidence"])
        names = (found[f"Pixguard-{key}"] for key in ("Environment", "Version", "Stable"))
        environment, version, stable = names
        percent = int(found["Pixguard-Traffic"])
    except (KeyError, ValueError):
        return None
    body = message.strip().splitlines()[1:]
    reasons = tuple(line[2:] for line in body if line.startswith("- "))
    reverts = tuple(line[20:-1] for line in body if line.startswith("This reverts commit "))
    return (
        Note(action, environment, version, stable, percent, reasons, evidence, reverts) if action in ACTIONS else None
    )
