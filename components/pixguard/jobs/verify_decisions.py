"""Is the decision log what was written? `pixguard verify`: every chain is walked; ends with 1 where one is broken.

A chain proves the past to whoever knows its newest head: --write-anchors keeps the heads of today in a file for a place
that the log's owner cannot write (Git, a locked bucket, a notary), --anchors holds the log against such a file.
--anchors-in does both with a folder that only grows: the newest file in it must hold, and one of today is added.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from pixguard.decision_log import DecisionLogError, Verification, anchors, verify_chain
from pixguard.errors import UsageError
from pixguard.jobs.audit_arguments import add_decisions, add_state, decisions_of
from pixguard.jobs.release_arguments import status_of
from pixguard.provenance.files import json_text, replace_file

SCHEMA = 1


def run(*, decisions: Path, expected: Path | None = None) -> Verification:
    """Verify a log, against the anchors in the file `expected` where it is given."""
    if not decisions.is_dir():
        raise DecisionLogError(f"{decisions} is no folder: give the folder that holds a folder per replica")
    return verify_chain(decisions, _read(expected) if expected else None)


def text_of(found: Verification) -> str:
    """Return the lines that are printed."""
    lines = [f"BROKEN {each}" for each in found.broken]
    notes = {
        "removed by retention": found.removed,
        "chained after a crash": found.recovered,
        "LOST in a power cut": found.lost,
        "older than the chain, not protected": found.unchained,
        "of growing segments, not chained yet": found.waiting,
    }
    lines += [f"{count:,} {what}" for what, count in notes.items() if count]
    return "\n".join([*lines, f"{found.verified:,} decisions verified in {found.segments:,} segments"])


def _read(path: Path) -> Mapping[str, Mapping[str, Any]]:
    try:
        data = json.loads(path.read_text("utf-8"))
        if data["schema"] != SCHEMA:
            raise ValueError("another schema")
        found: Mapping[str, Mapping[str, Any]] = {
            name: {"line": int(one["line"]), "link": str(one["link"])} for name, one in data["heads"].items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(
            f"{path}: no file of anchors ({error!r}); `pixguard verify --write-anchors` makes one"
        ) from error
    return found


def main(argv: Sequence[str] | None = None) -> int:
    """Print what was found."""
    parser = argparse.ArgumentParser(prog="pixguard verify", description=__doc__)
    parser.add_argument("--anchors", type=Path, help="heads that were kept elsewhere, which must still be there")
    parser.add_argument("--anchors-in", type=Path, metavar="DIR", help="hold against the newest in DIR, add today's")
    parser.add_argument("--write-anchors", type=Path, help="write the newest heads to this file, if all is well")
    parser.add_argument("--json", action="store_true", help="as one JSON object")
    add_state(parser)
    add_decisions(parser)
    options, console = parser.parse_args(argv), Console(highlight=False, soft_wrap=True)
    decisions = decisions_of(options)
    if options.anchors_in:
        if options.anchors or options.write_anchors:
            raise UsageError("--anchors-in stands for --anchors and --write-anchors: give it alone")
        options.anchors, options.write_anchors = _anchors_in(options.anchors_in)
    found = run(decisions=decisions, expected=options.anchors)
    console.out(json.dumps(asdict(found)) if options.json else text_of(found))
    if options.write_anchors and found.is_whole:
        content = {"schema": SCHEMA, "heads": anchors(decisions)}
        replace_file(options.write_anchors, json_text(content).encode())
    return 0 if found.is_whole else 1


def _anchors_in(folder: Path) -> tuple[Path | None, Path]:
    """Return the newest file of anchors in a folder, if there is one, and the name of one of now."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{folder}: {error}; give a folder for anchors") from error
    name = f"anchors-{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}.json"
    return max(folder.glob("anchors-*.json"), default=None), folder / name


if __name__ == "__main__":
    raise SystemExit(status_of(main))
