"""A verdict in Markdown, for the pipeline's page and the model card; reads the JSON form of a verdict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def summary(verdict: Mapping[str, Any]) -> str:
    """Return a page on a verdict."""
    rows = f"{verdict['rows']:,} later payments with {verdict['frauds']:,} frauds."
    sections = (
        ("# The gate", [rows, "", *check_lines(verdict)]),
        ("## Metrics", list(metric_lines(verdict))),
        ("## Cohorts", list(cohort_lines(verdict))),
    )
    return "\n\n".join(f"{head}\n\n" + "\n".join(lines) for head, lines in sections) + "\n"


def metric_lines(verdict: Mapping[str, Any]) -> Iterator[str]:
    """Yield a table: one row a metric, one column a model."""
    models = verdict["metrics"]
    if not models:
        yield "None: there were too few frauds to measure."
        return
    yield _row("metric", *models)
    yield "|---" * (len(models) + 1) + "|"
    for name in models["challenger"]:
        yield _row(name, *(_interval(metrics.get(name)) for metrics in models.values()))


def cohort_lines(verdict: Mapping[str, Any]) -> Iterator[str]:
    """Yield a table: one row a cohort."""
    if not verdict["cohorts"]:
        yield "None were compared."
        return
    yield "| cohort | payments | frauds | average precision, challenger minus opponent | outcome |"
    yield "|---|---|---|---|---|"
    for each in verdict["cohorts"]:
        outcome = each["outcome"] if each["interval"] else "too few frauds to judge"
        cells = (f"{each['column']} = {each['value']}", f"{each['rows']:,}", f"{each['frauds']:,}")
        yield _row(*cells, _interval(each["interval"]), outcome)


def check_lines(verdict: Mapping[str, Any]) -> Iterator[str]:
    """Yield the outcome and a table: one row a check."""
    yield f"The gate's verdict: **{verdict['outcome']}**."
    yield ""
    yield "| check | outcome | value | bound | why |"
    yield "|---|---|---|---|---|"
    for each in verdict["checks"]:
        yield _row(each["name"], each["outcome"], _number(each["value"]), _number(each["bound"]), each["reason"])


def _interval(interval: Mapping[str, Any] | None) -> str:
    if interval is None:
        return "-"
    if not interval["resamples"]:
        return _number(interval["estimate"])
    return f"{_number(interval['estimate'])} ({_number(interval['low'])} to {_number(interval['high'])})"


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"
