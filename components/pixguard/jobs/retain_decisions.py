"""Remove whole old segments of a decision log, and seal them into an archive first: `pixguard retain --days N`.

Their heads stay, and the removal is a line of the chain, so that the log still verifies. With --archive and --keys
every removed decision is kept there, who it is about sealed under a key of each person. The archive is a chained log
too: give it as --decisions, and DAYS count from the day of archiving.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console

from pixguard.archive import PersonKeys, archive
from pixguard.decision_log import DecisionLogError, Removed, begun, remove, segment_files
from pixguard.decision_log.heads import HEADS, Head
from pixguard.errors import UsageError
from pixguard.jobs.audit_arguments import add_decisions, add_state, decisions_of
from pixguard.jobs.release_arguments import status_of


def run(
    *, decisions: Path, days: int, archive_folder: Path | None = None, keys: Path | None = None, now: datetime
) -> list[Removed]:
    """Remove what was closed `days` before `now` of every replica; all of it was archived first, where that is asked.

    ChainError where a chain is broken: replicas before it are done, it and those behind it are not.
    """
    if days < 0 or (archive_folder is None) != (keys is None):
        raise UsageError("give --days of 0 or more, and --archive and --keys together")
    replicas = sorted(path.parent for path in decisions.glob(f"*/{HEADS}"))
    if not replicas:
        raise DecisionLogError(f"{decisions} holds no chained decision log: give the folder with a folder per replica")
    before = now - timedelta(days=days)
    rule = f"older than {days} days" + (", archived" if archive_folder else "")
    with ExitStack() as stack:
        if archive_folder is None or keys is None:
            return [remove(replica, before, rule) for replica in replicas]
        persons = stack.enter_context(PersonKeys(keys))

        def keep(replica: Path, heads: Sequence[Head]) -> None:
            archive(replica, heads, archive_folder, persons)

        found = [remove(replica, before, rule, keep) for replica in replicas]
        persons.settle(min([before, *map(begun, segment_files(decisions))]))  # no older decision is left to be sealed
        return found


def main(argv: Sequence[str] | None = None) -> int:
    """Print what was removed."""
    parser = argparse.ArgumentParser(prog="pixguard retain", description=__doc__)
    parser.add_argument("--days", type=int, required=True, help="keep what was closed in the last DAYS days")
    parser.add_argument("--archive", type=Path, help="folder of the archive, to which decisions go sealed")
    parser.add_argument("--keys", type=Path, help="file of the persons' keys; it lies apart from the archive")
    add_state(parser)
    add_decisions(parser)
    options, console = parser.parse_args(argv), Console(highlight=False, soft_wrap=True)
    found = run(
        decisions=decisions_of(options),
        days=options.days,
        archive_folder=options.archive,
        keys=options.keys,
        now=datetime.now(UTC),
    )
    segments, lines = sum(one.segments for one in found), sum(one.lines for one in found)
    where = f", sealed in {options.archive}" if options.archive else ""
    console.out(f"{lines:,} decisions in {segments:,} segments removed from {len(found)} replicas{where}")
    return 0


if __name__ == "__main__":
    raise SystemExit(status_of(main))
