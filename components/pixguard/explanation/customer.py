"""A decision in plain words for the person it is about (LGPD, art. 20): what was decided, what weighed, what to do.

No name of a feature, no value of the model, no threshold: what would teach a fraudster how to pass is not in it, nor
what is known of the other account.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

from pixguard.decision_log import OF_STATE, Record
from pixguard.declaration import FeatureSet
from pixguard.explanation.recompute import Recomputed
from pixguard.explanation.themes import Theme, theme_of
from pixguard.explanation.values import brl

MOST = 3
BRASILIA = timezone(timedelta(hours=-3))
_WORDS: Mapping[str, Mapping[str, Any]] = {
    "pt": {
        "date": "%d/%m/%Y às %H:%M",
        "opening": "Seu Pix de {amount}, de {when} (horário de Brasília), passou por uma análise automática de "
        "segurança e foi {decision}.",
        "decision": {
            "approve": "liberado",
            "hold": "retido por um curto período, para verificação",
            "reject": "recusado",
        },
        "why": "O que mais pesou nesta decisão:",
        "rule": "Um limite das regras do Pix se aplica a este pagamento.",
        "poor": "Parte do seu histórico não estava disponível no momento, e a análise usou médias no lugar.",
        "right": "Você tem direito a pedir a revisão desta decisão (LGPD, art. 20): fale com a sua instituição e "
        "informe o código {id}.",
    },
    "en": {
        "date": "%d %b %Y at %H:%M",
        "opening": "Your Pix of {amount}, of {when} (Brasília time), went through an automatic security check and was "
        "{decision}.",
        "decision": {"approve": "let through", "hold": "held for a short time, to be verified", "reject": "refused"},
        "why": "What weighed most in this decision:",
        "rule": "A limit of the rules of Pix applies to this payment.",
        "poor": "Part of your history was not available at that moment, and the check used averages instead.",
        "right": "You have the right to ask for a review of this decision (LGPD, art. 20): speak to your institution "
        "and give the code {id}.",
    },
}


def for_customer(record: Record, again: Recomputed, names: Sequence[str], declared: FeatureSet, language: str) -> str:
    """Return the sentences; `names` are the version's inputs."""
    words, payment = _WORDS[language], record.payment
    when = datetime.fromisoformat(payment["event_time"]).astimezone(BRASILIA).strftime(words["date"])
    amount = brl(payment["amount_centavos"] / 100, language)
    opening = words["opening"].format(amount=amount, when=when, decision=words["decision"][record.decision])
    themes = weighed(record, again, names, declared)
    lines = [opening, ""]
    if themes:
        lines += [words["why"], *(f"- {theme.text(language)}" for theme in themes), ""]
    if any(rule.endswith("_limit") for rule in record.rules):
        lines.append(words["rule"])
    if not OF_STATE.issuperset(record.degraded):
        lines.append(words["poor"])
    return "\n".join([*lines, words["right"].format(id=record.end_to_end_id)])


def weighed(record: Record, again: Recomputed, names: Sequence[str], declared: FeatureSet) -> list[Theme]:
    """Return the themes that pushed most to what was decided: up for a hold or a refusal, down for an approval.

    A decision that a limit of the regulation forced alone has no themes but that limit.
    """
    if record.decision != "approve" and "expected_loss" not in record.rules:
        return [Theme.LIMITS]
    sign = -1.0 if record.decision == "approve" else 1.0
    sums: dict[Theme, float] = defaultdict(float)
    for name, part in zip(names, again.explained.contributions.tolist(), strict=True):
        sums[theme_of(declared, name)] += sign * part
    pushing = [theme for theme, total in sums.items() if total > 0]
    return sorted(pushing, key=lambda theme: -sums[theme])[:MOST]
