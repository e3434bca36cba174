"""The document as Prometheus' text, for the node exporter's textfile collector or a push gateway."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

_HELP = {
    "pixguard_watch_day_timestamp_seconds": "End of the newest day that was judged.",
    "pixguard_watch_decisions": "Decisions of the newest judged day.",
    "pixguard_drift_index": "Population stability index of the newest judged day.",
    "pixguard_drift_divergence_bits": "Jensen-Shannon divergence of the newest judged day.",
    "pixguard_drift_missing_share": "Share of values that were missing on the newest judged day.",
    "pixguard_drift_alarms": "Alarms of the newest judged day, by measure.",
    "pixguard_performance": "A figure on matured outcomes; bound low and high are its interval.",
    "pixguard_performance_frauds": "Matured frauds that the figures were made of.",
    "pixguard_fairness_disparate_cohorts": "Cohorts that are shown to be stopped more often than everybody else.",
}
_Sample = tuple[str, Mapping[str, str], float]


def metrics_text(report: Mapping[str, Any]) -> str:
    """Return the exposition text of a report."""
    samples: dict[str, list[str]] = {name: [] for name in _HELP}
    for version, found in report["versions"].items():
        for name, labels, value in _samples(found):
            samples[name].append(f"{name}{{{_labels({'version': version, **labels})}}} {value!r}")
    blocks = [[f"# HELP {name} {_HELP[name]}", f"# TYPE {name} gauge", *rows] for name, rows in samples.items() if rows]
    return "".join(line + "\n" for block in blocks for line in block)


def _samples(found: Mapping[str, Any]) -> Iterator[_Sample]:
    newest = found["drift"]["newest"]
    if newest is not None:
        yield from _drift(newest)
    for basis in ("observed", "unbiased"):
        figures = (found["performance"] or {}).get(basis)
        if figures is not None:
            yield from _performance(basis, figures)
    for what in ("alerts", "false_alerts"):
        count = sum(each["disparate"][what] for each in found["fairness"])
        yield "pixguard_fairness_disparate_cohorts", {"rate": what}, float(count)


def _drift(newest: Mapping[str, Any]) -> Iterator[_Sample]:
    end = datetime.fromisoformat(newest["day"]).replace(tzinfo=UTC).timestamp() + 86_400
    yield "pixguard_watch_day_timestamp_seconds", {}, end
    yield "pixguard_watch_decisions", {}, float(newest["rows"])
    for figure in newest["figures"]:
        measure = {"measure": figure["measure"]}
        for against in ("reference", "baseline"):
            if figure[f"from_{against}"] is not None:
                yield "pixguard_drift_index", {**measure, "against": against}, figure[f"from_{against}"]
        if figure["divergence"] is not None:
            yield "pixguard_drift_divergence_bits", measure, figure["divergence"]
        yield "pixguard_drift_missing_share", measure, figure["missing_share"]
        alarms = sum(alarm["measure"] == figure["measure"] for alarm in newest["alarms"])
        yield "pixguard_drift_alarms", measure, float(alarms)


def _performance(basis: str, figures: Mapping[str, Any]) -> Iterator[_Sample]:
    yield "pixguard_performance_frauds", {"basis": basis}, float(figures["frauds"])
    for name, interval in figures["values"].items():
        if interval is not None:
            for bound in ("estimate", "low", "high"):
                labels = {"figure": name, "basis": basis, "bound": bound}
                yield "pixguard_performance", labels, interval[bound]


def _labels(labels: Mapping[str, str]) -> str:
    return ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
