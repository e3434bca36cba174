"""Forget a person: `pixguard erase --payer TOKEN --keys FILE` destroys the key that seals them in the archive.

No byte of the archive changes, so its chain still verifies; what was sealed is nobody's any more. The log that is not
archived yet names the person until retention moves it: how much that is, is told; it is then sealed under no kept key.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from pixguard.archive import PersonKeys
from pixguard.decision_log import segment_files
from pixguard.errors import UsageError
from pixguard.explanation.find import logged_lines
from pixguard.jobs.audit_arguments import add_decisions, add_state, decisions_of
from pixguard.jobs.release_arguments import status_of
from pixguard.payment.schema import TOKENISED_PATTERN


@dataclass(frozen=True)
class Erased:
    """What was done: whether there was a key, and how many lines outside the archive still name the person."""

    had_key: bool
    in_clear: int


def run(*, payer: str, keys: Path, decisions: Path | None = None, now: datetime) -> Erased:
    """Destroy the person's key; decisions up to `now` will not be sealed under another. Done twice, it is done once.

    UsageError for anything but a token, and where there is no file of keys: a clear identifier is never taken.
    """
    if not re.fullmatch(TOKENISED_PATTERN, payer):
        raise UsageError("--payer: wanted the token of an account, k<version>.<32 hex digits>; nothing was erased")
    if not keys.is_file():
        raise UsageError(f"{keys} is no file of person keys; nothing was erased")
    with PersonKeys(keys) as persons:
        had_key = persons.forget(payer, now)
    if decisions is None or not segment_files(decisions):
        return Erased(had_key, 0)
    return Erased(had_key, sum(payer.encode() in line for *_, line in logged_lines(decisions)))


def main(argv: Sequence[str] | None = None) -> int:
    """Print what was done, without the token."""
    parser = argparse.ArgumentParser(prog="pixguard erase", description=__doc__)
    parser.add_argument("--payer", required=True, metavar="TOKEN", help="the account's token, as payer and as payee")
    parser.add_argument("--keys", type=Path, required=True, help="file of the persons' keys")
    add_state(parser)
    add_decisions(parser)
    options, console = parser.parse_args(argv), Console(highlight=False, soft_wrap=True)
    decisions = decisions_of(options)
    found = run(payer=options.payer, keys=options.keys, decisions=decisions, now=datetime.now(UTC))
    console.out("key destroyed" if found.had_key else "there was no key: nothing in the archive names this person")
    if found.in_clear:
        console.out(
            f"{found.in_clear:,} decisions in {decisions} are not archived yet and name the person until "
            "`pixguard retain` moves them"
        )
    return 0


if __name__ == "__main__":
    raise SystemExit(status_of(main))
