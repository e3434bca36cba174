"""Both protocols carry every field of every payment, and what a payment lacks stays lacking."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixguard.client import AnswerError
from pixguard.client.protocols import PROTOCOLS, as_json
from pixguard.payment import PAYMENT_FIELDS, Kind, check_one
from tests.client.payments import payment, whole

OPTIONAL = tuple(field for field in PAYMENT_FIELDS if not field.required)
LACKING = st.lists(st.sets(st.sampled_from([field.name for field in OPTIONAL])), min_size=1, max_size=4)


def payments(lacking: list[set[str]]) -> list[dict[str, Any]]:
    return [{k: v for k, v in whole(n).items() if k not in gone} for n, gone in enumerate(lacking, start=1)]


@given(LACKING)
def test_v1_says_what_the_payments_say(lacking: list[set[str]]) -> None:
    sent = [check_one(p) for p in payments(lacking)]
    body = PROTOCOLS["v1"].ask(sent)
    assert [check_one(found) for found in body["instances"]] == sent


@given(LACKING)
def test_v2s_columns_are_the_payments(lacking: list[set[str]]) -> None:
    sent = [check_one(p) for p in payments(lacking)]
    body = PROTOCOLS["v2"].ask(sent)
    assert all(tensor["shape"] == [len(sent)] == [len(tensor["data"])] for tensor in body["inputs"])
    columns = {tensor["name"]: tensor["data"] for tensor in body["inputs"]}
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    assert [check_one(row) for row in rows] == sent


def test_v2_numbers_are_numbers_until_one_is_missing() -> None:
    name = next(field.name for field in OPTIONAL if field.kind is Kind.COUNT)
    full, some = check_one(whole(1)), check_one(payment(2))
    tensor = {t["name"]: t for t in PROTOCOLS["v2"].ask([full])["inputs"]}[name]
    assert (tensor["datatype"], tensor["data"]) == ("INT64", [3])
    tensor = {t["name"]: t for t in PROTOCOLS["v2"].ask([full, some])["inputs"]}[name]
    assert (tensor["datatype"], tensor["data"]) == ("BYTES", ["3", ""])


def test_times_carry_their_offset() -> None:
    assert as_json(check_one(payment()))["event_time"] == "2026-11-24T12:00:00+00:00"


@pytest.mark.parametrize(
    "body",
    [
        None,
        {},
        {"outputs": []},
        {"outputs": [{"name": "answer", "data": ["no JSON"]}]},
        {"outputs": [{"name": "answer", "data": [1]}]},
    ],
)
def test_v2_answers_of_another_form_are_errors(body: object) -> None:
    with pytest.raises(AnswerError):
        PROTOCOLS["v2"].answers(body)
