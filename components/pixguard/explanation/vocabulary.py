"""What a feature is, in words and units for an analyst: derived from its declaration, in Portuguese and English."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum
from functools import partial
from typing import NamedTuple

from pixguard.declaration import Aggregate, FeatureSet, RequestFeature

PT, EN = "pt", "en"
LANGUAGES = (PT, EN)


class Unit(Enum):
    """How a value is read."""

    COUNT = "count"
    CENTAVOS = "centavos"
    REAIS = "reais"
    LOG_REAIS = "log reais"  # of one more than the amount
    SECONDS = "seconds"
    DAYS = "days"
    HOUR = "hour"
    RATIO = "ratio"
    FLAG = "flag"
    CODE = "code"


class Term(NamedTuple):
    """A label in both languages, and its unit."""

    pt: str
    en: str
    unit: Unit

    def text(self, language: str) -> str:
        """Return the label."""
        return self.pt if language == PT else self.en


_SIDES = {"payer": ("pagador", "payer"), "payee": ("recebedor", "payee")}
_COLUMNS: Mapping[str, Term] = {
    "event_time": Term("horário do pagamento", "time of the payment", Unit.CODE),
    "amount_centavos": Term("valor deste pagamento", "amount of this payment", Unit.CENTAVOS),
    "device_registered": Term("aparelho cadastrado", "device is registered", Unit.FLAG),
    "key_type": Term("tipo de chave", "key type", Unit.CODE),
    "initiation": Term("forma de iniciação", "initiation", Unit.CODE),
    "purpose": Term("finalidade", "purpose", Unit.CODE),
    "payer_region": Term("região do pagador", "region of the payer", Unit.CODE),
}
_OF_SIDE: Mapping[str, Term] = {
    "account_age_days": Term("idade da conta do {}", "age of the {}'s account", Unit.DAYS),
    "dict_settlements_d90": Term(
        "DICT: liquidações do {} em 90 dias", "DICT: settlements of the {} in 90 days", Unit.COUNT
    ),
    "dict_fraud_markers_d90": Term(
        "DICT: marcações de fraude do {} em 90 dias", "DICT: fraud markers of the {} in 90 days", Unit.COUNT
    ),
    "dict_mule_markers_d90": Term(
        "DICT: marcações de conta laranja do {} em 90 dias", "DICT: mule markers of the {} in 90 days", Unit.COUNT
    ),
    "dict_open_reports": Term(
        "DICT: notificações de infração abertas contra o {}", "DICT: open infraction reports on the {}", Unit.COUNT
    ),
    "dict_rejected_reports_d90": Term(
        "DICT: notificações rejeitadas sobre o {} em 90 dias", "DICT: rejected reports on the {} in 90 days", Unit.COUNT
    ),
    "dict_distinct_reporters_d90": Term(
        "DICT: instituições que notificaram o {} em 90 dias", "DICT: reporters of the {} in 90 days", Unit.COUNT
    ),
    "dict_registered_accounts": Term("DICT: contas com chave do {}", "DICT: accounts with keys of the {}", Unit.COUNT),
}
# By the function of a request feature; what it is a function of goes into the braces.
_FUNCTIONS: Mapping[str, Term] = {
    "is_weekend": Term("fim de semana", "weekend", Unit.FLAG),
    "is_night": Term("noite", "night", Unit.FLAG),
    "local_hour": Term("hora em Brasília", "hour in Brasília", Unit.HOUR),
    "_is_first": Term("primeiro: nenhum entre {}", "first: none among {}", Unit.FLAG),
    "_log_amount": Term("valor deste pagamento", "amount of this payment", Unit.LOG_REAIS),
    "_reais": Term("valor deste pagamento", "amount of this payment", Unit.REAIS),
    "_unregistered_headroom": Term(
        "folga nos limites de aparelho não cadastrado", "room under the limits of an unregistered device", Unit.REAIS
    ),
    "_night_headroom": Term("folga no limite noturno", "room under the night limit", Unit.REAIS),
    "_count_with_current": Term("{}, com este", "{}, with this one", Unit.COUNT),
    "_mean_with_current": Term("média com este: {}", "mean with this one: {}", Unit.REAIS),
}
_OPERATIONS: Mapping[str, tuple[str, str, Unit]] = {
    "count": ("{}", "{}", Unit.COUNT),
    "sum": ("valor somado de {}", "total amount of {}", Unit.CENTAVOS),
    "max": ("maior valor de {}", "largest amount of {}", Unit.CENTAVOS),
    "min": ("menor valor de {}", "smallest amount of {}", Unit.CENTAVOS),
    "first": ("primeiro de {}", "first of {}", Unit.CODE),
    "last": ("último de {}", "last of {}", Unit.CODE),
}
_VERDICTS = {
    ("payments", ""): ("", ""),
    ("labels", ""): (" e já apurados", " and judged by now"),
    ("labels", "fraud"): (" e apontados como fraude", " and reported as fraud"),
    ("labels", "honest"): (" e tidos como legítimos", " and found honest"),
}
_DURATION = {"s": ("s", "s"), "m": ("min", "min"), "h": ("h", "h"), "d": ("dias", "days")}


def term_of(feature_set: FeatureSet, name: str) -> Term:
    """Return the label and unit of an aggregate, a request feature or a payment's column; KeyError for any other."""
    aggregate = next((one for one in feature_set.aggregates if one.name == name), None)
    if aggregate:
        return _of_aggregate(aggregate)
    feature = next((one for one in feature_set.request if one.name == name), None)
    if feature and feature.inputs != (name,):
        return _of_request(feature_set, feature)
    side, _, rest = name.partition("_")
    if side in _SIDES and rest in _OF_SIDE:
        pt, en, unit = _OF_SIDE[rest]
        return Term(pt.format(_SIDES[side][0]), en.format(_SIDES[side][1]), unit)
    return _COLUMNS[name]


def _of_aggregate(one: Aggregate) -> Term:
    events = _events(one)
    if one.operation == "distinct":
        company = (
            ("recebedores", "payees") if one.measure.role == "sent" and one.key != "device" else ("pagadores", "payers")
        )
        parts = (f"{company[0]} distintos de {events[0]}", f"different {company[1]} of {events[1]}", Unit.COUNT)
    else:
        pt, en, unit = _OPERATIONS[one.operation]
        parts = (pt.format(events[0]), en.format(events[1]), unit)
    span = _span(one.window)
    return Term(f"{parts[0]} em {span[0]}", f"{parts[1]} in {span[1]}", parts[2])


def _events(one: Aggregate) -> tuple[str, str]:
    if one.key in _SIDES:
        pt, en = _SIDES[one.key]
        events = {
            "sent": (f"pagamentos enviados pelo {pt}", f"payments sent by the {en}"),
            "received": (f"pagamentos recebidos pelo {pt}", f"payments received by the {en}"),
        }[one.measure.role]
    elif one.key == "device":
        events = ("pagamentos do aparelho", "payments from the device")
    else:
        events = ("pagamentos deste pagador a este recebedor", "payments from this payer to this payee")
    pt, en = _VERDICTS[one.measure.source, one.measure.only]
    return events[0] + pt, events[1] + en


def _span(window: str) -> tuple[str, str]:
    number, unit = re.fullmatch(r"(\d+)([smhd])", window).groups()  # type: ignore[union-attr]
    if window == "1d":
        return "1 dia", "1 day"
    pt, en = _DURATION[unit]
    return f"{number} {pt}", f"{number} {en}"


def _of_request(feature_set: FeatureSet, feature: RequestFeature) -> Term:
    function = feature.function
    bound = function.keywords if isinstance(function, partial) else {}
    name = (function.func if isinstance(function, partial) else function).__name__
    inputs = [term_of(feature_set, each) for each in feature.inputs]
    if name == "_equals":
        return Term(f"{inputs[0].pt}: {bound['value']}", f"{inputs[0].en}: {bound['value']}", Unit.FLAG)
    if name == "asarray":
        return inputs[0]
    if name == "seconds_since":
        return Term(f"tempo desde o {inputs[1].pt}", f"time since the {inputs[1].en}", Unit.SECONDS)
    if name == "ratio":
        return _quotient(*inputs)
    pt, en, unit = _FUNCTIONS[name]
    return Term(pt.format(inputs[0].pt), en.format(inputs[0].en), unit)


def _quotient(part: Term, whole: Term) -> Term:
    if part.unit is Unit.CENTAVOS and whole.unit is Unit.COUNT:
        pt, en = part.pt.replace("valor somado", "valor médio"), part.en.replace("total amount", "mean amount")
        return Term(pt, en, Unit.CENTAVOS)
    return Term(f"{part.pt} ÷ {whole.pt}", f"{part.en} ÷ {whole.en}", Unit.RATIO)
