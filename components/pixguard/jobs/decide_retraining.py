"""Is it time to train again? `python -m pixguard.jobs.decide_retraining --help`.

Reads the watch's report and what the gate promised of the version that serves, decides by the rules, and leaves a
record of why in the ledger, whatever it decides. One decision a day: asked again it answers what is written.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import yaml

from pixguard.errors import PixguardError
from pixguard.gate.rules import RulesError
from pixguard.jobs.release_arguments import add_place, place_of
from pixguard.provenance import TrainingFacts, load_version
from pixguard.provenance.files import read_json
from pixguard.registry import CHAMPION, Registry
from pixguard.release.place import Place
from pixguard.retraining import Action, Ledger, Record, RetrainingRules, decide, evidence_of

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Decided:
    """The day's record, and whether the caller is who must start the run that it asks for."""

    record: Record
    train: bool


def run(
    *,
    report: Path,
    versions: Path,
    public_key: Path,
    ledger: Path,
    champion: str,
    on_trial: str = "",
    day: date | None = None,
    rules: Path | None = None,
    run_id: str = "",
    registry: Registry | None = None,
) -> Decided:
    """Decide for the day (today, UTC) whether to train a successor of `champion`, the version that serves.

    `report`: report.json of watch_decisions. `versions`: folder of kept versions. `on_trial`: the canary
    that runs, if one does. `run_id`: who asks; where the day was
    decided by somebody else already, they train and the caller does not.
    `registry`: its champion is pointed at `champion` before a run. A PixguardError leaves no record.
    """
    kept = load_version(versions / champion, public_key)
    books, day = Ledger(ledger), day or datetime.now(UTC).date()
    taught_until = TrainingFacts.load(kept.folder).trained_until.date()
    past = [record.past for record in books.records()]
    bounds = read_rules(rules)
    evidence = evidence_of(read_json(report), kept.metrics, day=day, champion=champion, taught_until=taught_until,
                           past=past, on_trial=on_trial)  # fmt: skip
    record = books.write(evidence, bounds, decide(evidence, bounds), run_id)
    log.info("%s %s: %s", record.day, record.action, "; ".join(record.reasons))
    train = record.action == Action.TRAIN and record.run == run_id
    if train and registry is not None:
        follow_git(registry, champion)
    return Decided(record, train)


def serving(place: Place) -> tuple[str, str]:
    """Return the names of the version that is stable and of the canary, as Git says; empty where none runs."""
    with place.desk() as desk:
        release = desk.standing().release
    return release.stable.name, release.canary.version.name if release.canary else ""


def follow_git(registry: Registry, champion: str, model: str = "pix-fraud") -> None:
    """Point the registry's champion at what serves, so that a challenger is compared with that."""
    for version in registry.versions(model):
        if version.kept == champion and CHAMPION not in version.aliases:
            registry.alias(model, CHAMPION, version.number)


def read_rules(path: Path | None) -> RetrainingRules:
    """Return the rules, with the bounds that a file (JSON or YAML) sets otherwise."""
    if path is None:
        return RetrainingRules()
    try:
        data: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise RulesError(f"{path}: {error}") from error
    if not isinstance(data, dict):
        raise RulesError(f"{path}: holds {json.dumps(data)[:40]}, wanted bounds by name")
    return RetrainingRules.from_json(data)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the job from the command line; returns 0, 1 on an error, 2 where --strict and a run is asked for."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    options = _parser().parse_args(argv)
    try:
        champion, on_trial = (options.champion, "") if options.champion else serving(place_of(options))
        decided = run(
            report=options.report,
            versions=options.versions,
            public_key=options.public_key,
            ledger=options.ledger,
            champion=champion,
            on_trial=on_trial,
            day=options.day,
            rules=options.rules,
            run_id=options.run_id,
        )
    except PixguardError as error:
        log.error("%s", error)
        return 1
    return 2 if options.strict and decided.train else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Decide whether to train again, and write down why.")
    parser.add_argument("--report", type=Path, required=True, help="report.json of watch_decisions")
    parser.add_argument("--versions", type=Path, required=True, help="folder of kept versions")
    parser.add_argument("--public-key", type=Path, required=True, help="key that verifies them")
    parser.add_argument("--ledger", type=Path, required=True, help="folder of the records, one a day")
    parser.add_argument("--champion", default="", help="the version that serves (default: what Git says)")
    parser.add_argument("--day", type=date.fromisoformat, help="the day that is decided, UTC (today)")
    parser.add_argument("--rules", type=Path, help="JSON or YAML: bounds that differ, each with value and reason")
    parser.add_argument("--run-id", default="", help="who asks: the run that trains if it must be")
    parser.add_argument("--strict", action="store_true", help="exit with 2 where a run is asked for")
    add_place(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
