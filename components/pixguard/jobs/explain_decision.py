"""Why was this payment held? `pixguard explain END_TO_END_ID`: found in the log, made again, told to whom it concerns.

--all makes every logged decision again and compares; --day tells what drove a day's gravest ones.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import date
from pathlib import Path
from typing import Any

from rich.console import Console

from pixguard.archive import PersonKeys
from pixguard.decision_log import Record, read_segments
from pixguard.errors import UsageError
from pixguard.explanation import analyst, auditor, page
from pixguard.explanation.customer import for_customer
from pixguard.explanation.errors import ExplanationError
from pixguard.explanation.find import Logged, find
from pixguard.explanation.incidents import drivers, incidents
from pixguard.explanation.recompute import Recomputed, Recomputer
from pixguard.explanation.versions import Versions
from pixguard.explanation.vocabulary import EN, LANGUAGES, term_of
from pixguard.features import FEATURE_SETS
from pixguard.jobs import check_explanations
from pixguard.jobs.audit_arguments import add_decisions, add_state, add_versions, decisions_of, versions_of
from pixguard.jobs.release_arguments import status_of
from pixguard.predictor.served import declared_set
from pixguard.provenance.files import replace_file

CUSTOMER, ANALYST, AUDITOR = "customer", "analyst", "auditor"


def run(
    *, decisions: Path, versions: Versions, end_to_end_id: str, keys: PersonKeys | None = None
) -> tuple[Logged, Recomputer, Recomputed]:
    """Return a decision as it was logged, its version, and made again; ExplanationError where it cannot be."""
    logged = find(decisions, end_to_end_id, keys)
    version = versions.open(logged.record.version)
    return logged, version, version.recompute(logged.record)


def told(
    found: tuple[Logged, Recomputer, Recomputed], audience: str, language: str, public_key: Path
) -> tuple[str, dict[str, Any]]:
    """Return the explanation as text and as plain data.

    A customer gets none of a decision that does not come out as it was logged: that is an auditor's matter first.
    """
    logged, version, again = found
    record = logged.record
    if audience == AUDITOR:
        facts = auditor.for_auditor(logged, again, version, public_key)
        return auditor.as_text(facts), facts
    declared = declared_set(version.kept.feature_service)
    if audience == ANALYST:
        factors = analyst.factors(again, version.names, version.kept.reference, declared, language)
        equal = f"bit-equal: {'yes' if again.is_equal else 'NO, ' + ', '.join(again.differing)}"
        text = f"{analyst.plain(analyst.for_analyst(record, factors, language))}\n{equal}"
        return text, {**analyst.to_json(record, factors), "bit_equal": again.is_equal}
    if not again.is_equal or record.replay:
        why = "was a replay, no decision on a payment" if record.replay else "does not come out as it was logged"
        raise ExplanationError(f"{record.end_to_end_id} {why}: look at it with --for {AUDITOR}")
    text = for_customer(record, again, version.names, declared, language)
    return text, {"end_to_end_id": record.end_to_end_id, "language": language, "text": text}


def summarise(*, decisions: Path, day: date, top: int, language: str) -> tuple[str, str]:
    """Return a day's gravest decisions as lines of text and as an HTML page."""
    found = incidents(read_segments(decisions), day, top)
    driving = drivers(found)
    lines = [f"{day}: {len(found)} incidents"]
    lines += [f"{each.mean:+8.3f}  {_label(each.feature, language)} ({each.count})" for each in driving]
    lines += [_line(each.record, each.at_stake_centavos, language) for each in found]
    return "\n".join(lines), page.page(found, driving, day, lambda name: _label(name, language), language)


def _line(record: Record, at_stake: float, language: str) -> str:
    reasons = "; ".join(
        f"{_label(one['feature'], language)} {one['contribution']:+.2f}" for one in list(record.reasons)[:3]
    )
    return f"{record.decided_at[11:19]} {record.end_to_end_id} {record.decision} R$ {at_stake / 100:,.2f}: {reasons}"


def _label(name: str, language: str) -> str:
    """Return a feature in words; an older release's feature, which nothing declares any more, by its name."""
    for declared in FEATURE_SETS.values():
        if name in declared.names:
            return term_of(declared, name).text(language)
    return name


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Return the parsed arguments; UsageError where it is not clear what to explain."""
    parser = argparse.ArgumentParser(prog="pixguard explain", description=__doc__)
    parser.add_argument("end_to_end_id", nargs="?", metavar="END_TO_END_ID")
    parser.add_argument("--for", dest="audience", default=ANALYST, choices=(CUSTOMER, ANALYST, AUDITOR))
    parser.add_argument("--language", default=EN, choices=LANGUAGES)
    parser.add_argument("--json", action="store_true", help="as one JSON object")
    parser.add_argument("--all", action="store_true", help="make every logged decision again and compare")
    parser.add_argument("--limit", type=int, default=0, help="with --all: only so many (default: all)")
    parser.add_argument("--day", type=date.fromisoformat, help="the gravest decisions of a day, YYYY-MM-DD in UTC")
    parser.add_argument("--top", type=int, default=20, help="with --day: how many (%(default)s)")
    parser.add_argument("--html", type=Path, help="with --day: write a page there")
    parser.add_argument("--keys", type=Path, help="file of the persons' keys: --decisions is then an archive")
    add_state(parser)
    add_decisions(parser)
    add_versions(parser)
    options = parser.parse_args(argv)
    if sum(map(bool, (options.end_to_end_id, options.all, options.day))) != 1:
        raise UsageError("explain what? Give one END_TO_END_ID, --all or --day YYYY-MM-DD")
    return options


def main(argv: Sequence[str] | None = None) -> int:
    """Print the explanation; 1 where a decision does not come out as it was logged."""
    options, console = parse(argv), Console(highlight=False, soft_wrap=True)
    decisions = decisions_of(options)
    if options.day:
        text, html = summarise(decisions=decisions, day=options.day, top=options.top, language=options.language)
        if options.html:
            replace_file(options.html, html.encode())
        console.out(str(options.html or text))
        return 0
    with versions_of(options) as versions, PersonKeys(options.keys) if options.keys else nullcontext() as keys:
        if options.all:
            found = check_explanations.run(decisions=decisions, versions=versions, limit=options.limit, keys=keys)
            console.out(json.dumps(found.to_json()) if options.json else check_explanations.as_text(found))
            return 0 if found.is_equal else 1
        one = run(decisions=decisions, versions=versions, end_to_end_id=options.end_to_end_id, keys=keys)
        text, facts = told(one, options.audience, options.language, versions.public_key)
    console.out(json.dumps(facts, ensure_ascii=False) if options.json else text)
    return 0 if one[2].is_equal else 1


if __name__ == "__main__":
    raise SystemExit(status_of(main))
