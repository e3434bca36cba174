"""Fields that may not be features, and why: FAIRNESS.md is the policy in words, this is the list that is tested."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from pixguard.declaration import FeatureSet

FORBIDDEN: Mapping[str, str] = {
    "payer_region": "a proxy for origin, race and poverty; it is watched as a cohort instead",
    "payee_region": "as payer_region",
    "payer_ispb": "which bank one can have follows income; it is watched as a cohort instead",
    "payee_ispb": "as payer_ispb",
    "payer_id": "a token is for windows, never a value: a model could learn a person by heart",
    "payee_id": "as payer_id",
    "device_id": "as payer_id",
    "end_to_end_id": "holds the payer's institution and nothing else of use",
}
"""Columns of the contract that windows may group by or cohorts may be cut by, but no model may read."""

SENSITIVE = (
    *("gender", "sex", "genero", "sexo", "race", "raca", "ethnic", "etnia", "colour", "color", "religio", "politic"),
    *("union", "sindicat", "health", "saude", "biometr", "genetic", "orientation", "disab", "deficien", "marital"),
    *("birth", "nascimento", "nationality", "nacionalidade", "name", "nome", "cpf_value", "cep", "postcode", "zip"),
    *("latitude", "longitude", "neighbourhood", "bairro", "municipality", "municipio", "language", "idioma"),
)
"""Word stems of what LGPD art. 5 II calls sensitive, and of its usual proxies: no feature may bear such a name."""


def forbidden_in(feature_set: FeatureSet) -> dict[str, str]:
    """Return the features of a set that read a forbidden field or bear a sensitive name, each with the reason."""
    found = {}
    for name, inputs in _inputs(feature_set):
        for column in inputs:
            if column in FORBIDDEN:
                found[name] = f"reads {column}: {FORBIDDEN[column]}"
        words = re.split(r"[_\W]+", name.lower())
        stem = next((stem for stem in SENSITIVE if any(word.startswith(stem) for word in words)), None)
        if stem:
            found[name] = f"is called after {stem!r}: sensitive data or a proxy of it (LGPD art. 5 II)"
    return found


def _inputs(feature_set: FeatureSet) -> Iterable[tuple[str, tuple[str, ...]]]:
    """Yield each feature with the columns whose values reach it; the keys of a window only group."""
    for aggregate in feature_set.aggregates:
        yield aggregate.name, (aggregate.measure.value,)
    for feature in feature_set.request:
        yield feature.name, tuple(feature.inputs)
