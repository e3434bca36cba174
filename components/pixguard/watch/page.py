"""The document as one HTML page that needs nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

SHOWN = 25  # figures of measures, those closest to their bounds


def html_page(report: Mapping[str, Any]) -> str:
    """Return the page of a report; every text in it is escaped."""
    environment = Environment(
        loader=PackageLoader("pixguard.watch"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters |= {"interval": _interval, "share": _share, "figure": _figure}
    versions = {name: {**found, "closest": _closest(found)} for name, found in reversed(report["versions"].items())}
    return environment.get_template("watch.html").render(report=report, versions=versions)


def _closest(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the measures that come closest to a bound of theirs, with how close."""
    newest = found["drift"]["newest"] or {"figures": []}
    rows = [dict(figure, closeness=_closeness(figure)) for figure in newest["figures"]]
    return sorted(rows, key=lambda row: (-row["closeness"], row["measure"]))[:SHOWN]


def _closeness(figure: Mapping[str, Any]) -> float:
    pairs = [("from_reference", "reference_bound"), ("from_baseline", "baseline_bound")]
    return max((figure[a] / figure[b] for a, b in pairs if figure[a] is not None and figure[b]), default=0.0)


def _interval(value: Mapping[str, Any] | None) -> str:
    if value is None:
        return "too few"
    return f"{value['estimate']:.3f} ({value['low']:.3f} to {value['high']:.3f})"


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.2%}"


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:,.3f}"
