"""Join verdicts to the decisions they are about: `python -m pixguard.jobs.ingest_labels --help`.

Writes `<lake>/outcomes/`: decisions and verdicts, both by decided date, and the verdicts that were refused. Verdicts in
= new + duplicates + refused. Running it again on the same log and the same verdicts changes nothing. A verdict on a
payment that is not in the log yet is refused as `unknown_payment`: bring it again once it is.
"""

from __future__ import annotations

import argparse
import logging
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pixguard import lake as lakes
from pixguard.datasets.intake import Intake
from pixguard.errors import PixguardError
from pixguard.jobs.ingest_payments import Counts, input_name, named
from pixguard.outcomes.contract import VERDICT_FIELDS
from pixguard.outcomes.decisions import take_days
from pixguard.outcomes.errors import OutcomesError
from pixguard.outcomes.settle import settle, write_verdicts
from pixguard.outcomes.table import outcome_files
from pixguard.outcomes.take import take_verdicts
from pixguard.provenance.files import read_json
from pixguard.published import publish, staging

log = logging.getLogger(__name__)
NOTHING = Counts(0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Ingested:
    """What became of the verdicts, and how many decisions of how many days were read anew."""

    verdicts: Counts = NOTHING
    decisions: int = 0
    days: tuple[str, ...] = field(default=())


def run(*, decisions: Path, lake: Path, verdicts: Path | None = None) -> Ingested:
    """Take new days of the log below `decisions`, and the file or folder `verdicts`, into `lake`: all or nothing.

    Raises OutcomesError where there is no decision at all, MappingError, InputError or LakeError, each before anything
    is changed.
    """
    with lakes.writing(lake) as work, staging(lake, "outcomes") as staged:
        known = _known_days(lake)
        taken = take_days(decisions, known, staged, work)
        if not known and not taken:
            raise OutcomesError(f"{decisions}: no decision in it; give the folder of the decision log")
        counts = NOTHING if verdicts is None else _take(verdicts, lake, staged, work)
        written = {path.parent.name[-10:]: lakes.rows_in(path) for path in staged.glob("decisions/*/*.parquet")}
        if taken or any(staged.iterdir()):
            lakes.write_json(staged / "days.json", known | taken)
            publish(lake, "outcomes", staged)
    outcome = Ingested(counts, sum(written.values()), tuple(sorted(written)))
    log.info("%d decisions of %d days, %s", outcome.decisions, len(written), asdict(counts))
    return outcome


def main(argv: Sequence[str] | None = None) -> int:
    """Run the job from the command line; returns the exit status, 1 with one line on what was wrong."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    parser = argparse.ArgumentParser(description="Join verdicts to the decisions they are about.")
    parser.add_argument("--decisions", type=Path, required=True, help="folder of the decision log")
    parser.add_argument("--lake", type=Path, required=True, help="the lake's folder; outcomes/ is made in it")
    parser.add_argument("--verdicts", type=Path, help="verdicts: a file, or a folder of files")
    try:
        run(**vars(parser.parse_args(argv)))
    except PixguardError as error:
        log.error("%s", error)
        return 1
    return 0


def _known_days(lake: Path) -> dict[str, str]:
    path = lake / "outcomes" / "days.json"
    return {day: str(print_) for day, print_ in read_json(path).items()} if path.exists() else {}


def _take(verdicts: Path, lake: Path, staged: Path, work: Path) -> Counts:
    """Stage the verdicts' new partitions and their rejects; return what became of the rows."""
    files = named(verdicts)
    rejects = work / "rejects"
    rejects.mkdir()
    with Intake("verdicts", VERDICT_FIELDS, work, rejects) as intake:
        take_verdicts(files, intake)
        intake.close()
        days = _merged(outcome_files(lake, "decisions"), sorted(staged.glob("decisions/*/*.parquet")))
        settled = settle(intake.path, days, outcome_files(lake, "verdicts"), work / "duckdb")
        write_verdicts(settled.kept, staged)
        intake.reject(None, settled.refused)
    written = _new_rows(lake, staged)
    counts = Counts(intake.rows, written, settled.duplicates, intake.rejected, dict(sorted(intake.reasons.items())))
    _keep_rejects(lake, staged, rejects, input_name(verdicts, files), asdict(counts))
    return counts


def _merged(old: Sequence[Path], new: Sequence[Path]) -> list[Path]:
    """Return the files of all days, of a day that was written anew the new one."""
    anew = {path.parent.name for path in new}
    return [*(path for path in old if path.parent.name not in anew), *new]


def _new_rows(lake: Path, staged: Path) -> int:
    """Count what was really added to the days that are written anew."""
    written = {path.parent.name: lakes.rows_in(path) for path in staged.glob("verdicts/*/*.parquet")}
    before = [lakes.rows_in(path) for path in outcome_files(lake, "verdicts") if path.parent.name in written]
    return sum(written.values()) - sum(before)


def _keep_rejects(lake: Path, staged: Path, rejects: Path, name: str, counts: Mapping[str, Any]) -> None:
    """Keep an input's rejects and counts, unless it was taken before and nothing of it was new now."""
    place = Path("rejects") / f"input={name}"
    if (lake / "outcomes" / place).exists() and not counts["accepted"]:
        return
    (staged / place).parent.mkdir()
    shutil.copytree(rejects, staged / place)
    lakes.write_json(staged / place / "counts.json", counts)


if __name__ == "__main__":
    sys.exit(main())
