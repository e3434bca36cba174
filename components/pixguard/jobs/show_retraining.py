"""When was trained again or not, and why, from the ledger alone: `python -m pixguard.jobs.show_retraining --help`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from pixguard.jobs.release_arguments import status_of
from pixguard.retraining import Ledger, Record

LEDGER = Path("build/retraining")
WIDE = 180  # columns where there is no terminal that has a width


def run(*, ledger: Path, limit: int = 0, trained: bool = False) -> list[Record]:
    """Return the records, newest first, at most `limit` (0: all); with `trained` only those that started a run."""
    found = [record for record in reversed(Ledger(ledger).records()) if record.causes or not trained]
    return found[:limit] if limit else found


def main(argv: Sequence[str] | None = None) -> int:
    """Print the records; PixguardError goes to the caller."""
    parser = argparse.ArgumentParser(prog="pixguard retraining", description=__doc__.partition(":")[0])
    parser.add_argument("--ledger", type=Path, default=LEDGER, help="folder of the records (%(default)s)")
    parser.add_argument("--limit", type=int, default=20, help="newest days to show, 0 for all (%(default)s)")
    parser.add_argument("--trained", action="store_true", help="only the days that started a run")
    parser.add_argument("--json", action="store_true", help="one JSON object a line: evidence, triggers, rules, budget")
    options = parser.parse_args(argv)
    records = run(ledger=options.ledger, limit=options.limit, trained=options.trained)
    console = Console(highlight=False, width=None if sys.stdout.isatty() else WIDE)
    if options.json:
        for record in records:
            console.out(json.dumps(record.data))
    else:
        console.print(_table(records))
    return 0


def _table(records: Sequence[Record]) -> Table:
    table = Table("day", "serves", "decision", "left", "next run", "why", box=None, pad_edge=False)
    for record in records:
        budget = record.data["budget"]
        what = " ".join((record.action, *record.causes))
        table.add_row(str(record.day), record.champion, what, str(budget["left"]), budget["next_day"],
                      "; ".join(record.reasons))  # fmt: skip
    return table


if __name__ == "__main__":
    raise SystemExit(status_of(main))
