"""Record how a pipeline run ended: `python -m pixguard.jobs.record_outcome --help`.

The record is `<lake>/runs/<run>.json`; the same run recorded again replaces its record.
"""

import argparse
import logging
import re
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from pixguard import lake as lakes
from pixguard.errors import PixguardError

log = logging.getLogger(__name__)
STATES = ("SUCCEEDED", "FAILED", "CANCELLED")
_RUN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


class OutcomeError(PixguardError):
    """An outcome that cannot be recorded: a run whose name is no file name, or a state that KFP does not know."""


def run(*, lake: Path, run: str, pipeline: str, state: str, message: str = "") -> Path:
    """Write the end of the run `run` with the snapshot that `lake` then had; returns the record's path.

    Raises OutcomeError for a run or state that makes no sense, and LakeError where the record cannot be written.
    """
    if not _RUN.fullmatch(run):
        raise OutcomeError(f"{run!r} is not a run's name: letters, digits, '.', '_' and '-', at most 128")
    if state not in STATES:
        raise OutcomeError(f"{state!r} is not how a run ends; wanted one of {', '.join(STATES)}")
    path = lake / "runs" / f"{run}.json"
    record = {
        "run": run,
        "pipeline": pipeline,
        "state": state,
        "message": message,
        "ended_at": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "snapshot": lakes.snapshot(lake)["snapshot"],
    }
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lakes.write_json(path, record)
    except OSError as error:
        raise lakes.LakeError(f"{path}: {error.strerror}; the run ended {state} and this is not recorded") from error
    log.info("run %s of %s ended: %s", run, pipeline, state)
    return path


def main(argv: Sequence[str] | None = None) -> int:
    """Record from the command line; returns the exit status."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    parser = argparse.ArgumentParser(description="Record how a pipeline run ended.")
    parser.add_argument("--lake", type=Path, required=True, help="the lake's folder")
    parser.add_argument("--run", required=True, help="the run's name")
    parser.add_argument("--pipeline", required=True, help="the pipeline's name")
    parser.add_argument("--state", required=True, choices=STATES)
    parser.add_argument("--message", default="", help="what went wrong")
    try:
        run(**vars(parser.parse_args(argv)))
    except PixguardError as error:
        log.error("%s", error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
