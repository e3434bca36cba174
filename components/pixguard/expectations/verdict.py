"""From checks to a verdict: a report for a person, and an error that stops the run where something fails."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from pixguard.expectations.errors import DataGateError
from pixguard.expectations.figures import Figure
from pixguard.expectations.files import replaced_folder
from pixguard.expectations.parts import Expected, Judgement, Part
from pixguard.expectations.scan import ROW_ID, Scan


@dataclass(frozen=True)
class Check:
    """A part of the gate, and for each of its expectations: whether the whole table keeps it, and what was found."""

    part: Part
    kept: tuple[bool, ...]
    found: tuple[str, ...]


@dataclass(frozen=True)
class Passed:
    """How many expectations held, on how many payments, and where the report lies (its first page)."""

    expectations: int
    rows: int
    report: Path


def check_scan(scan: Scan) -> Check:
    """Return the check of a scanned table."""
    found = tuple(f"{count:,} of {scan.rows:,} rows" for count in scan.broken)
    expected = tuple(
        Expected(rule.expectation, rule.arguments, f"Broken by {text}; shown here: {len(scan.frame):,} of them.")
        for rule, text in zip(scan.rules, found, strict=True)
    )
    return Check(Part(scan.name, scan.frame, expected, ROW_ID), tuple(count == 0 for count in scan.broken), found)


def check_schema(name: str, compared: pd.DataFrame) -> Check:
    """Return the check of a table's file schemas."""
    arguments = {"column_A": "found", "column_B": "wanted"}
    wrong = compared[compared["found"] != compared["wanted"]]
    lines = (
        f"{r.field}: {r.found}, wanted {r.wanted}, in {r.files} files like {r.example}" for r in wrong.itertuples()
    )
    expected = (Expected("ExpectColumnPairValuesToBeEqual", arguments, "One row for each field and type found."),)
    return Check(Part(f"{name}_schema", compared, expected, "field"), (wrong.empty,), ("; ".join(lines),))


def check_figures(figures: Sequence[Figure]) -> Check:
    """Return the check of a run's figures."""
    frame = pd.DataFrame({figure.name: [float(figure.value)] for figure in figures})
    kept = tuple((f.low is None or f.value >= f.low) and (f.high is None or f.value <= f.high) for f in figures)
    found = tuple(f"{figure.value:.6g} ({figure.note})" for figure in figures)
    return Check(Part("run", frame, tuple(_expect(figure) for figure in figures)), kept, found)


def _expect(figure: Figure) -> Expected:
    ends = {"min_value": figure.low, "max_value": figure.high}
    return Expected("ExpectColumnValuesToBeBetween", {"column": figure.name, **ends}, figure.note)


def decide(checks: Sequence[Check], rows: int, report: Path) -> Passed:
    """Judge the checks, replace the folder `report` by the new report, and raise DataGateError for what failed."""
    from pixguard.expectations.suite import judge  # noqa: PLC0415 (it imports Great Expectations: seconds)

    with replaced_folder(report) as folder:
        judged = judge([check.part for check in checks], folder)
    failures = [
        _failure(check, place, judgement)
        for check, judgements in zip(checks, judged, strict=True)
        for place, judgement in enumerate(judgements)
        if not (check.kept[place] and judgement.success)
    ]
    page = report / "index.html"
    if failures:
        raise DataGateError(
            f"{len(failures)} of {sum(map(len, judged))} expectations failed, nothing is trained on these data:\n  "
            + "\n  ".join(failures)
            + f"\nReport: {page}"
        )
    return Passed(sum(map(len, judged)), rows, page)


def _failure(check: Check, place: int, judgement: Judgement) -> str:
    """Say what failed in one line; the two judges disagree only if one of them is wrong, which is a failure too."""
    text = f"{check.part.name}: {judgement.words}: {check.found[place]}"
    if judgement.ids and check.part.row_id == ROW_ID:
        text += f", such as {', '.join(judgement.ids)}"
    if check.kept[place] != judgement.success:
        text += f" (SQL says {check.kept[place]}, Great Expectations says {judgement.success}: report this)"
    return text
