"""The model card: what a reviewer reads before merging a promotion (Mitchell et al. 2019, in Markdown)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pixguard.gate.summary import check_lines, cohort_lines, metric_lines
from pixguard.provenance.facts import TrainingFacts
from pixguard.provenance.record import Provenance

LIMITS = (
    "It ranks payments by likeness to frauds that were reported; fraud that nobody reports is not learned.",
    "Labels arrive up to 90 days late: the last weeks of any table look more honest than they are.",
    "It decides nothing: `policy.json` turns a probability, the amount and the context into a decision.",
    "It must not be used to judge persons, for credit or for marketing.",
    "Outside the reference distributions (`reference.json`) its probabilities mean nothing; watch drift.",
)
LGPD = (
    "Accounts and devices are keyed tokens (HMAC): pseudonymised, still personal data under the LGPD. No clear "
    "identifier is among features, logs or this card. Art. 20 gives a person the right to the reasons of an automated "
    "decision and to a review: keep each decision's reasons with its payment."
)


def model_card(facts: TrainingFacts, verdict: Mapping[str, Any], record: Provenance) -> str:
    """Return the card as Markdown; `verdict` is the gate's JSON."""
    sections = (
        (f"# {facts.title} · {record.version}", [facts.intended_use]),
        ("## Data", list(_data(facts, verdict))),
        ("## Model and features", list(_features(facts))),
        ("## Metrics on later payments", list(metric_lines(verdict))),
        ("## Cohorts", list(cohort_lines(verdict))),
        ("## Gate", list(check_lines(verdict))),
        ("## Limits of use", [f"- {each}" for each in LIMITS]),
        ("## Personal data (LGPD)", [LGPD]),
        ("## Provenance", [f"- {name}: {_text(value)}" for name, value in record.to_json().items()]),
    )
    return "\n\n".join(f"{head}\n\n" + "\n".join(lines) for head, lines in sections) + "\n"


def _data(facts: TrainingFacts, verdict: Mapping[str, Any]) -> Iterator[str]:
    yield f"- source: {facts.data}, snapshot `{facts.data_snapshot_sha256[:16]}`"
    yield f"- trained on {facts.training_rows:,} payments with {facts.training_frauds:,} frauds,"
    yield f"  {facts.training_from} to {facts.training_until} (UTC)"
    yield "- the later of these said how long to train, and gave the calibration, to a model that had not learned them;"
    yield "  the one that is kept then learned as long from all"
    yield f"- judged on {verdict['rows']:,} later payments with {verdict['frauds']:,} frauds"


def _features(facts: TrainingFacts) -> Iterator[str]:
    yield (
        f"{facts.model} over {len(facts.features)} features: " + ", ".join(f"`{name}`" for name in facts.features) + "."
    )
    yield ""
    if not facts.features_left_out:
        yield "No declared feature was left out."
        return
    yield f"Left out ({len(facts.features_left_out)}):"
    yield ""
    yield from (f"- `{name}`: {why}" for name, why in sorted(facts.features_left_out.items()))


def _text(value: object) -> str:
    return "not known" if value is None else f"`{value}`"
