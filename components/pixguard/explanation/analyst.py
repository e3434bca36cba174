"""A decision for the analyst who looks into it: values, what each contributed, and the payer's own past beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from pixguard.decision_log import Record
from pixguard.declaration import FeatureSet
from pixguard.explanation.recompute import Recomputed
from pixguard.explanation.themes import Theme, theme_of
from pixguard.explanation.values import brl, number, shown
from pixguard.explanation.vocabulary import term_of

PAST = (Theme.HABIT, Theme.RELATION, Theme.ACTIVITY, Theme.DEVICE)
_HEADS = {
    "pt": ("fator", "este pagamento", "mediana do treino", "contribuição", "O passado do pagador"),
    "en": ("feature", "this payment", "training median", "contribution", "The payer's own past"),
}


@dataclass(frozen=True)
class Factor:
    """One input of the model: what it is, its value here and in the median of training, and its contribution."""

    feature: str
    label: str
    value: str
    median: str
    contribution: float
    theme: Theme


def factors(
    again: Recomputed, names: Sequence[str], reference: Mapping[str, Any], declared: FeatureSet, language: str
) -> list[Factor]:
    """Return every input, the largest contribution first."""
    found = []
    parts = zip(names, again.x_f.tolist(), again.explained.contributions.tolist(), strict=True)
    for name, value, contribution in parts:
        term = term_of(declared, name)
        median = shown(reference["features"][name]["median"], term.unit, language)
        theme = theme_of(declared, name)
        found.append(Factor(name, term.text(language), shown(value, term.unit, language), median, contribution, theme))
    return sorted(found, key=lambda factor: -abs(factor.contribution))


def for_analyst(record: Record, found: Sequence[Factor], language: str, top: int = 12) -> Group:
    """Return what is printed: the decision, its largest contributions, and the past as the features hold it."""
    heads = _HEADS[language]
    amount = brl(record.payment["amount_centavos"] / 100, language)
    title = f"{record.end_to_end_id}  {amount}  {record.decision}  p = {number(record.probability, language, 5)}"
    rest = sum(factor.contribution for factor in found[top:])
    table = Table(*heads[:4], box=None, pad_edge=False)
    for factor in found[:top]:
        table.add_row(factor.label, factor.value, factor.median, f"{factor.contribution:+.3f}")
    table.add_row(f"+ {len(found[top:])}", "", "", f"{rest:+.3f}")
    return Group(
        Text(title),
        Text(f"base {record.base:+.3f}; {', '.join([*record.rules, *record.degraded])}\n"),
        table,
        Text(f"\n{heads[4]}"),
        _past(found, language),
    )


def _past(found: Sequence[Factor], language: str) -> Table:
    """Return what the features hold of the payer, whether it weighed or not, in the order of their names."""
    table = Table(*_HEADS[language][:3], box=None, pad_edge=False)
    for factor in sorted(found, key=lambda each: (PAST.index(each.theme) if each.theme in PAST else 9, each.feature)):
        if factor.theme in PAST:
            table.add_row(factor.label, factor.value, factor.median)
    return table


def to_json(record: Record, found: Sequence[Factor]) -> dict[str, Any]:
    """Return it as plain data."""
    return {
        "end_to_end_id": record.end_to_end_id,
        "decision": record.decision,
        "probability": record.probability,
        "rules": list(record.rules),
        "degraded": list(record.degraded),
        "base": record.base,
        "factors": [
            {name: getattr(each, name) for name in ("feature", "label", "value", "median", "contribution")}
            for each in found
        ],
    }


def plain(group: Group) -> str:
    """Return what would be printed as text without colours."""
    console = Console(width=160, no_color=True, highlight=False)
    with console.capture() as captured:
        console.print(group)
    return captured.get()
