from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import pixguard.fairness
from pixguard.declaration import RequestFeature
from pixguard.fairness import FORBIDDEN, forbidden_in
from pixguard.features import FEATURE_SETS, PIX
from pixguard.payment import PAYMENT_SCHEMA


@pytest.mark.parametrize("name", sorted(FEATURE_SETS))
def test_no_feature_reads_what_none_may_read(name: str) -> None:
    assert forbidden_in(FEATURE_SETS[name]) == {}


@pytest.mark.parametrize(
    ("feature", "inputs", "why"),
    [
        ("is_far_away", ("payer_region",), "reads payer_region: a proxy for origin"),
        ("bank", ("amount_centavos", "payer_ispb"), "reads payer_ispb"),
        ("payer_gender_is_f", ("amount_centavos",), "called after 'gender'"),
        ("payer_years_since_birth", ("event_time",), "called after 'birth'"),
    ],
)
def test_a_planted_feature_is_found(feature: str, inputs: tuple[str, ...], why: str) -> None:
    planted = replace(PIX, request=(*PIX.request, RequestFeature(feature, inputs, np.asarray)))
    assert why in forbidden_in(planted)[feature]


def test_every_field_of_the_contract_is_read_or_forbidden_or_known_to_group() -> None:
    read = {column for each in FEATURE_SETS.values() for one in each.request for column in one.inputs}
    assert set(PAYMENT_SCHEMA.names) - read - set(FORBIDDEN) == set()


def test_the_policy_in_words_names_what_the_list_forbids() -> None:
    text = (Path(pixguard.fairness.__file__).parent / "FAIRNESS.md").read_text()
    for word in ("region", "ISPB", "tokens", "1.25", "exploration", "art. 5 II"):
        assert word in text
