"""A reason in words: what the feature is and its value with its unit, in both languages. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from pixguard.explanation.values import shown
from pixguard.explanation.vocabulary import LANGUAGES, Term, term_of
from pixguard.features import FEATURE_SETS


def reason(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return a logged reason with its words; null where no declared feature has this name.

    >>> reason({"feature": "payer_account_age_days", "value": 12.0, "contribution": 0.5})["words"]["en"]
    ["age of the payer's account", '12 d']
    """
    name, value = str(found["feature"]), found.get("value")
    term = _term(name)
    words = term and {each: [term.text(each), shown(value, term.unit, each)] for each in LANGUAGES}
    return {"feature": name, "value": value, "contribution": float(found["contribution"]), "words": words}


@lru_cache(maxsize=4096)
def _term(name: str) -> Term | None:
    """Return the label and unit of a feature; a name means the same in every set that has it."""
    for declared in FEATURE_SETS.values():
        try:
            return term_of(declared, name)
        except KeyError:
            continue
    return None
