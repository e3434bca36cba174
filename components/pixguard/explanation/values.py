"""Values as people read them: money, durations, yes and no, in the manner of a language."""

from __future__ import annotations

import math

from pixguard.explanation.vocabulary import PT, Unit

_WORDS = {PT: ("desconhecido", "sim", "não"), "en": ("unknown", "yes", "no")}
_SPANS = ((86_400, "d"), (3_600, "h"), (60, "min"))


def shown(value: float | None, unit: Unit, language: str) -> str:
    """Return a value with its unit."""
    unknown, yes, no = _WORDS[language]
    if value is None or math.isnan(value):
        return unknown
    if unit is Unit.FLAG:
        return yes if value else no
    reais = {Unit.CENTAVOS: lambda v: v / 100, Unit.REAIS: float, Unit.LOG_REAIS: math.expm1}.get(unit)
    if reais:
        return brl(reais(value), language)
    if unit is Unit.SECONDS:
        return _duration(value, language)
    suffix = {Unit.RATIO: " : 1", Unit.DAYS: " d", Unit.HOUR: " h"}.get(unit, "")
    return number(value, language, 2 if unit is Unit.RATIO else 0) + suffix


def brl(reais: float, language: str) -> str:
    """Return an amount of money."""
    return f"R$ {number(reais, language, 2)}"


def number(value: float, language: str, decimals: int) -> str:
    """Return a number with the language's separators."""
    text = f"{value:,.{decimals}f}"
    return text.translate(str.maketrans(",.", ".,")) if language == PT else text


def _duration(seconds: float, language: str) -> str:
    for size, name in _SPANS:
        if abs(seconds) >= size:
            return f"{number(seconds / size, language, 1)} {name}"
    return f"{number(seconds, language, 0)} s"
