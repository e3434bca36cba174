"""Watch what was decided: `python -m pixguard.jobs.watch_decisions --help`.

Counts the days of the log that are new or grew, keeps the counts, judges the drift of every version day by day, and
measures its performance and fairness on the outcomes of `ingest_labels`. Writes report.json, report.html and
metrics.prom (Prometheus textfile). An alarm is a result, not an error; --strict makes it the exit status 2.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.compute as pc
import yaml

from pixguard.drift import OWN, DayVerdict, DriftError, DriftRules, Judge, Measures, days_of, reference_counts
from pixguard.drift.baseline import Baseline
from pixguard.drift.measures import WIDTH
from pixguard.drift.seasons import season_tables
from pixguard.errors import PixguardError
from pixguard.fairness import CohortRates, rates
from pixguard.features import FEATURE_SETS
from pixguard.gate import RulesError
from pixguard.jobs.arguments import utc_time
from pixguard.jobs.decision_counts import kept_days, refresh_counts
from pixguard.outcomes import read_outcomes
from pixguard.performance import Watched, decided, explored, observed, watch
from pixguard.policy import Policy
from pixguard.provenance import KeptVersion, load_version
from pixguard.provenance.files import json_text, replace_file
from pixguard.watch import html_page, metrics_text, report_of

log = logging.getLogger(__name__)
MATURITY_DAYS = 30


@dataclass(frozen=True, slots=True)
class Looked:
    """What came of a look: days and decisions counted anew, judged days, and the last judged day's verdicts."""

    counted_days: int
    counted_rows: int
    verdicts: tuple[DayVerdict, ...]
    report: Mapping[str, Any]

    @property
    def alarms(self) -> int:
        """How many alarms the newest judged day of each version has."""
        newest = {verdict.version: verdict for verdict in self.verdicts}
        return sum(len(verdict.alarms) for verdict in newest.values())


def run(
    *,
    decisions: Path,
    out: Path,
    versions: Path,
    public_key: Path,
    lake: Path | None = None,
    until: datetime | None = None,
    maturity_days: int = MATURITY_DAYS,
    rules: Path | None = None,
    master: str | None = "local[2]",
    memory: str = "2g",
) -> Looked:
    """Watch the log below `decisions` up to the day of `until` (now), and keep counts and reports in `out`.

    `versions` holds version folders, each verified with `public_key`; a version that is not there is counted by score,
    decision and state alone. With `lake`, its outcomes are measured. A PixguardError leaves what was there.
    """
    until = until or datetime.now(UTC)
    kept = {folder.name: load_version(folder, public_key) for folder in _folders(versions)}
    measures = {name: measures_of(version) for name, version in kept.items()}
    days, rows = refresh_counts(decisions, out, measures, master=master, memory=memory)
    verdicts = _judged(out, kept, measures, _rules(rules), until.date())
    watched, fairness = _watched(lake, kept, until, timedelta(days=maturity_days))
    report = report_of(verdicts, watched, fairness, until)
    replace_file(out / "report.json", json_text(report).encode())
    replace_file(out / "report.html", html_page(report).encode())
    replace_file(out / "metrics.prom", metrics_text(report).encode())
    return Looked(days, rows, tuple(verdicts), report)


def measures_of(version: KeptVersion) -> Measures:
    """Return what is counted of a version's decisions."""
    declared = FEATURE_SETS.get(str(version.feature_service["feature_set"]))
    clock = [one.name for one in declared.request if set(one.inputs) == {"event_time"}] if declared else []
    return Measures.of(version.name, version.reference, version.feature_service["inputs"], clock)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the job from the command line; returns 0, 1 on an error, 2 where --strict and there are alarms."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    parser = argparse.ArgumentParser(description="Watch what was decided.")
    parser.add_argument("--decisions", type=Path, required=True, help="folder of the decision log")
    parser.add_argument(
        "--out", type=Path, required=True, help="folder for counts, report.json, report.html, metrics.prom"
    )
    parser.add_argument("--versions", type=Path, required=True, help="folder of version folders")
    parser.add_argument("--public-key", type=Path, required=True, help="key that verifies them")
    parser.add_argument(
        "--lake", type=Path, help="lake with outcomes; without it nothing is measured, only drift judged"
    )
    parser.add_argument("--until", type=utc_time, help="judge days before this one, UTC (default: today)")
    parser.add_argument("--maturity-days", type=int, default=MATURITY_DAYS, help="age at which no verdict means honest")
    parser.add_argument("--rules", type=Path, help="JSON or YAML: bounds that differ, each with value and reason")
    parser.add_argument("--master", help="Spark master; default: the one that spark-submit chose")
    parser.add_argument("--strict", action="store_true", help="exit with 2 where the newest day has alarms")
    arguments = vars(parser.parse_args(argv))
    strict = arguments.pop("strict")
    try:
        looked = run(**arguments)
    except PixguardError as error:
        log.error("%s", error)
        return 1
    for verdict in looked.verdicts:
        for alarm in verdict.began:
            log.warning("%s %s: %s", verdict.day, verdict.version, alarm)
    log.info("%d days, %d decisions counted; %s", looked.counted_days, looked.counted_rows, arguments["out"])
    return 2 if strict and looked.alarms else 0


def _folders(versions: Path) -> list[Path]:
    found = sorted(path.parent for path in versions.glob("*/model.sig"))
    if not found:
        raise DriftError(f"{versions}: holds no version; give the folder that register_model keeps versions in")
    return found


def _judged(
    out: Path, kept: Mapping[str, KeptVersion], measures: Mapping[str, Measures], rules: DriftRules, until: date
) -> list[DayVerdict]:
    """Return the verdicts on every version's days before `until`, in order of time."""
    names = {name: each.names for name, each in measures.items()}
    judges: dict[str, Judge] = {}
    verdicts = []
    for table in kept_days(out, until):
        for counts in days_of(table, names, OWN):
            name = counts.version
            judge = judges.get(name) or judge_of(kept.get(name), measures.get(name), rules)
            judges[name] = judge
            verdicts.append(judge.look(counts))
    return verdicts


def judge_of(version: KeptVersion | None, measures: Measures | None, rules: DriftRules) -> Judge:
    """Return who judges a version's days: by its reference and seasons, or, of an unknown one, by what all have."""
    if version is None or measures is None:
        return Judge(OWN, np.zeros((len(OWN), WIDTH), dtype=np.int64), rules)
    baseline = Baseline(*season_tables(version.reference, measures.names))
    return Judge(measures.names, reference_counts(measures, version.reference), rules, measures.calendar, baseline)


def _watched(
    lake: Path | None, kept: Mapping[str, KeptVersion], until: datetime, maturity: timedelta
) -> tuple[list[Watched], dict[str, list[CohortRates]]]:
    """Return the performance and the rates by cohort of every version that decided something in the lake."""
    if lake is None:
        return [], {}
    outcomes = read_outcomes(lake)
    found, fairness = [], {}
    for version in sorted(pc.unique(outcomes.decisions["version"]).to_pylist()):
        policy = Policy.from_json(kept[version].policy) if version in kept else None
        found.append(watch(outcomes, version, until, maturity, policy))
        judged = explored(outcomes, version, until, maturity)
        judged = judged if judged.weighted else observed(outcomes, version, until, maturity)
        fairness[version] = rates(decided(outcomes, version), judged)
    return found, fairness


def _rules(path: Path | None) -> DriftRules:
    if path is None:
        return DriftRules()
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))  # JSON is YAML
    except (OSError, yaml.YAMLError) as error:
        raise RulesError(f"{path}: {error}") from error
    if not isinstance(data, dict):
        raise RulesError(f"{path}: holds {json.dumps(data)[:40]}, wanted bounds by name")
    return DriftRules.from_json(data)


if __name__ == "__main__":
    sys.exit(main())
