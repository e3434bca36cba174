"""What a feature is about, in words for the customer: derived from its declaration.

A theme names no feature, no number and no threshold: a customer learns what weighed, a fraudster nothing to aim at.
"""

from __future__ import annotations

from enum import Enum

from pixguard.declaration import Aggregate, FeatureSet, RequestFeature


class Theme(Enum):
    """Themes, the more telling first: a feature of several inputs is about the first of theirs. Values: pt, en."""

    LIMITS = ("os limites que as regras do Pix preveem", "the limits that the rules of Pix set")
    SECURITY = (
        "informações de segurança que as instituições do Pix compartilham sobre as contas envolvidas",
        "security information that the institutions of Pix share about the accounts involved",
    )
    RELATION = (
        "o seu histórico de pagamentos para a conta que recebe",
        "your history of payments to the account that receives",
    )
    DEVICE = ("o aparelho de onde partiu o pagamento", "the device that the payment came from")
    RECIPIENT = ("a movimentação recente da conta que recebe", "recent activity of the account that receives")
    ACTIVITY = ("a movimentação recente da sua conta", "recent activity of your account")
    HABIT = (
        "a comparação com os pagamentos que você costuma fazer",
        "the comparison with the payments you usually make",
    )
    AMOUNT = ("o valor do pagamento", "the amount of the payment")
    AGE = ("o tempo de existência das contas envolvidas", "how long the accounts involved have existed")
    KIND = ("a forma como o pagamento foi iniciado", "the way the payment was started")
    TIME = ("o dia e o horário do pagamento", "the day and time of the payment")

    def text(self, language: str) -> str:
        """Return the words, `pt` or `en`."""
        return str(self.value[0 if language == "pt" else 1])


_ORDER = {theme: place for place, theme in enumerate(Theme)}
_COLUMNS = {
    "event_time": Theme.TIME,
    "amount_centavos": Theme.AMOUNT,
    "device_registered": Theme.DEVICE,
    "key_type": Theme.KIND,
    "initiation": Theme.KIND,
    "purpose": Theme.KIND,
    "payer_region": Theme.ACTIVITY,
}


def theme_of(feature_set: FeatureSet, name: str) -> Theme:
    """Return the theme of a model's input, an input's input or a payment's column; KeyError for any other."""
    aggregate = next((one for one in feature_set.aggregates if one.name == name), None)
    if aggregate:
        return _of_aggregate(aggregate)
    feature = next((one for one in feature_set.request if one.name == name), None)
    if feature and feature.inputs != (name,):
        return _of_request(feature_set, feature)
    if "_dict_" in name:
        return Theme.SECURITY
    return Theme.AGE if name.endswith("_account_age_days") else _COLUMNS[name]


def _of_aggregate(aggregate: Aggregate) -> Theme:
    if aggregate.measure.source == "labels":
        return Theme.SECURITY
    if aggregate.key == "payer":
        return Theme.HABIT if aggregate.measure.role == "sent" else Theme.ACTIVITY
    return {"payee": Theme.RECIPIENT, "device": Theme.DEVICE, "pair": Theme.RELATION}[aggregate.key]


def _of_request(feature_set: FeatureSet, feature: RequestFeature) -> Theme:
    if feature.name.endswith("_headroom"):
        return Theme.LIMITS
    return min((theme_of(feature_set, each) for each in feature.inputs), key=_ORDER.__getitem__)
