import pytest

from pixguard.console.words import reason
from pixguard.features import FEATURE_SETS


def told(name: str, value: float | None) -> dict:
    return reason({"feature": name, "value": value, "contribution": -0.5})["words"]


def test_a_reason_has_words_and_a_value_in_both_languages() -> None:
    found = told("payer_sent_centavos_sum_24h", 123_456.0)
    assert found["pt"][1] == "R$ 1.234,56"
    assert found["en"][1] == "R$ 1,234.56"
    assert found["pt"][0] != found["en"][0]
    assert told("payer_account_age_days", None)["en"][1] == "unknown"


def test_every_declared_feature_has_words() -> None:
    for declared in FEATURE_SETS.values():
        for feature in (*declared.aggregates, *declared.request):
            assert set(told(feature.name, 1.0)) == {"pt", "en"}


def test_a_name_that_nobody_declared_has_none() -> None:
    assert told("<script>", 1.0) is None


@pytest.mark.parametrize("change", [{"value": "ten"}, {"contribution": None}])
def test_what_is_no_number_is_an_error(change: dict) -> None:
    with pytest.raises((TypeError, ValueError)):
        reason({"feature": "payer_account_age_days", "value": 1.0, "contribution": 1.0} | change)
