"""Files of verdicts → staged rows that keep the contract, and rejects with their reasons."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pixguard.datasets.apply import apply
from pixguard.datasets.intake import Intake
from pixguard.datasets.readers import read
from pixguard.outcomes.contract import VERDICT_FIELDS, VERDICTS
from pixguard.payment.rules import judge


def take_verdicts(files: Iterable[tuple[str, Path]], intake: Intake) -> None:
    """Read files of verdicts, named as their rejects will name them, into `intake`."""
    for name, file in files:
        for batch in read(file, VERDICTS, VERDICTS.payments):
            mapped = apply(VERDICTS, VERDICTS.payments, batch.table, None)
            intake.add(name, judge(mapped.table, VERDICT_FIELDS, found=mapped.problems), batch.rows)
            intake.add_unreadable(name, batch.unreadable)
