"""Who released what, when and why, from Git alone: `python -m pixguard.jobs.show_history --help`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from pixguard.jobs.release_arguments import add_place, place_of, status_of
from pixguard.overlay import Release
from pixguard.release.errors import ReleaseError
from pixguard.release.history import Entry, history
from pixguard.release.place import Place

WIDE = 180  # columns where there is no terminal that has a width


def run(*, place: Place, limit: int = 0) -> list[Entry]:
    """Return the changes of the environment's overlay, newest first."""
    with place.desk() as desk:
        entries = history(desk.branch, desk.branch.fetch(), desk.path, limit)
        if not entries:
            raise ReleaseError(f"{desk.path} never was in {desk.branch.shown}; is there an environment of that name?")
        return entries


def to_json(entry: Entry) -> Mapping[str, Any]:
    """Return an entry as plain data."""
    note = entry.note
    return {
        "commit": entry.commit,
        "who": entry.author,
        "when": entry.time,
        "what": entry.what,
        "version": note.version if note else None,
        "serves": _serves(entry.state),
        "why": list(note.reasons) if note else [entry.title],
        "evidence": note.evidence if note else {},
        "reverts": list(note.reverts) if note else [],
    }


def _serves(state: Release | None) -> str:
    if state is None:
        return "unreadable"
    if state.canary is None:
        return state.stable.name
    share = state.canary.percent
    return f"{state.stable.name} {100 - share} %, {state.canary.version.name} {share} %"


def _table(entries: Sequence[Entry]) -> Table:
    table = Table("when (UTC)", "who", "what", "serves then", "why", "commit", box=None, pad_edge=False)
    for entry in entries:
        when = datetime.fromisoformat(entry.time).strftime("%Y-%m-%d %H:%M:%S")
        why = "; ".join(entry.note.reasons[:2]) if entry.note and entry.note.reasons else entry.title
        table.add_row(when, entry.author, entry.what, _serves(entry.state), why, entry.commit[:12])
    return table


def main(argv: Sequence[str] | None = None) -> int:
    """Print the history; PixguardError goes to the caller."""
    parser = argparse.ArgumentParser(prog="pixguard history", description=__doc__.partition(":")[0])
    parser.add_argument("--limit", type=int, default=20, help="newest changes to show, 0 for all (%(default)s)")
    parser.add_argument("--json", action="store_true", help="one JSON object a line, with all reasons and evidence")
    add_place(parser)
    options = parser.parse_args(argv)
    entries = run(place=place_of(options), limit=options.limit)
    console = Console(highlight=False, width=None if sys.stdout.isatty() else WIDE)
    if options.json:
        for entry in entries:
            console.out(json.dumps(to_json(entry)))
    else:
        console.print(_table(entries))
    return 0


if __name__ == "__main__":
    raise SystemExit(status_of(main))
