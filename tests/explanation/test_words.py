"""Every input of every declared set has words: for the customer a theme, for the analyst a label and a unit."""

import math
import re

import pytest

from pixguard.declaration import FeatureSet
from pixguard.explanation.themes import Theme, theme_of
from pixguard.explanation.values import shown
from pixguard.explanation.vocabulary import LANGUAGES, Unit, term_of
from pixguard.features import FEATURE_SETS, PIX
from pixguard.payment import PAYMENT_FIELDS, Kind

SETS = pytest.mark.parametrize("declared", FEATURE_SETS.values(), ids=FEATURE_SETS)


@SETS
def test_every_input_has_a_theme_and_a_label_of_its_own(declared: FeatureSet) -> None:
    labels = {language: [term_of(declared, name).text(language) for name in declared.names] for language in LANGUAGES}
    for language, found in labels.items():
        assert all(found)
        assert not [label for label in found if re.search(r"[a-z]_[a-z]|[{}]", label)]
        twice = {label for label in found if found.count(label) > 1}
        assert twice <= _SAME[language], "an analyst could not tell two features apart"
    assert labels["pt"] != labels["en"]
    assert {theme_of(declared, name) for name in declared.names} <= set(Theme)


# The book counts the customer's payments with the current one, and without it where labels are meant.
_SAME = {
    "pt": {f"pagamentos recebidos pelo recebedor e já apurados em {span}" for span in ("1 dia", "7 dias", "30 dias")},
    "en": {f"payments received by the payee and judged by now in {span}" for span in ("1 day", "7 days", "30 days")},
}


def test_every_column_that_a_feature_may_read_has_a_theme() -> None:
    columns = [field.name for field in PAYMENT_FIELDS if field.kind not in {Kind.ID, Kind.TOKENISED, Kind.ISPB}]
    assert all(theme_of(PIX, name) and term_of(PIX, name) for name in columns)


def test_a_customers_words_hold_no_number_no_name_and_nothing_to_aim_at() -> None:
    forbidden = re.compile(r"[0-9_]|mula|laranja|mule|score|threshold|limiar|modelo|model|hora(s)?\b|minut", re.I)
    for theme in Theme:
        for language in LANGUAGES:
            assert not forbidden.search(theme.text(language)), theme


@pytest.mark.parametrize(
    ("name", "theme", "english", "unit"),
    [
        ("payer_sent_centavos_sum_24h", Theme.HABIT,
         "total amount of payments sent by the payer in 24 h", Unit.CENTAVOS),
        ("payer_received_payers_distinct_1h", Theme.ACTIVITY,
         "different payers of payments received by the payer in 1 h", Unit.COUNT),
        ("payee_received_frauds_count_7d", Theme.SECURITY,
         "payments received by the payee and reported as fraud in 7 days", Unit.COUNT),
        ("device_payers_distinct_7d", Theme.DEVICE,
         "different payers of payments from the device in 7 days", Unit.COUNT),
        ("pair_payments_seconds_since_last", Theme.RELATION,
         "time since the last of payments from this payer to this payee in 30 days", Unit.SECONDS),
        ("amount_to_payer_mean", Theme.HABIT,
         "amount of this payment ÷ mean amount of payments sent by the payer in 30 days", Unit.RATIO),
        ("key_type_is_evp", Theme.KIND, "key type: EVP", Unit.FLAG),
        ("night_headroom", Theme.LIMITS, "room under the night limit", Unit.REAIS),
        ("payee_dict_mule_markers_d90", Theme.SECURITY, "DICT: mule markers of the payee in 90 days", Unit.COUNT),
        ("payee_account_age_days", Theme.AGE, "age of the payee's account", Unit.DAYS),
        ("log_amount", Theme.AMOUNT, "amount of this payment", Unit.LOG_REAIS),
        ("local_hour", Theme.TIME, "hour in Brasília", Unit.HOUR),
    ],
)  # fmt: skip
def test_words_follow_from_the_declaration(name: str, theme: Theme, english: str, unit: Unit) -> None:
    term = term_of(PIX, name)
    assert (theme_of(PIX, name), term.en, term.unit) == (theme, english, unit)


@pytest.mark.parametrize(
    ("value", "unit", "pt", "en"),
    [
        (123456.0, Unit.CENTAVOS, "R$ 1.234,56", "R$ 1,234.56"),
        (math.log1p(118), Unit.LOG_REAIS, "R$ 118,00", "R$ 118.00"),
        (math.nan, Unit.COUNT, "desconhecido", "unknown"),
        (None, Unit.FLAG, "desconhecido", "unknown"),
        (1.0, Unit.FLAG, "sim", "yes"),
        (5400.0, Unit.SECONDS, "1,5 h", "1.5 h"),
        (12.0, Unit.SECONDS, "12 s", "12 s"),
        (0.855, Unit.RATIO, "0,85 : 1", "0.85 : 1"),
        (3574.0, Unit.DAYS, "3.574 d", "3,574 d"),
    ],
)
def test_values_are_shown_in_the_manner_of_a_language(value: float | None, unit: Unit, pt: str, en: str) -> None:
    assert (shown(value, unit, "pt"), shown(value, unit, "en")) == (pt, en)


def test_a_name_that_nothing_declares_is_an_error() -> None:
    with pytest.raises(KeyError):
        theme_of(PIX, "rubbish")
    with pytest.raises(KeyError):
        term_of(PIX, "rubbish")
