from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixguard.payment import LABEL_FIELDS, LABEL_SCHEMA, PAYMENT_SCHEMA, ContractError, PaymentError, check, check_one
from pixguard.payment.columns import code
from pixguard.payment.reasons import Reason
from pixguard.payment.rules import judge

from .conftest import BASE

TOKEN = "k12." + "0123456789abcdef" * 2
CPF = "12345678909"

BROKEN = [
    ("end_to_end_id", None, Reason.MISSING),
    ("end_to_end_id", "  ", Reason.MISSING),
    ("end_to_end_id", 5, Reason.WRONG_TYPE),
    ("end_to_end_id", "E12345678202601311500abcdefghij", Reason.BAD_END_TO_END_ID),
    ("end_to_end_id", "D12345678202601311500abcdefghijk", Reason.BAD_END_TO_END_ID),
    ("end_to_end_id", "E12345678202601311500abcdefghij-", Reason.BAD_END_TO_END_ID),
    ("end_to_end_id", "E12345678202613311500abcdefghijk", Reason.BAD_END_TO_END_ID),
    ("end_to_end_id", "E12345678202602301500abcdefghijk", Reason.BAD_END_TO_END_ID),
    ("end_to_end_id", "E12345678202601312460abcdefghijk", Reason.BAD_END_TO_END_ID),
    ("end_to_end_id", "E12345678202601310300abcdefghijk", Reason.ID_TIME_MISMATCH),
    ("end_to_end_id", "E12345678202602010301abcdefghijk", Reason.ID_TIME_MISMATCH),
    ("event_time", None, Reason.MISSING),
    ("event_time", True, Reason.WRONG_TYPE),
    ("event_time", "2026-01-31T12:00:30", Reason.NAIVE_TIME),
    ("event_time", "2026-02-31T12:00:30Z", Reason.UNPARSABLE_TIME),
    ("event_time", "1990-01-31T12:00:30Z", Reason.TIME_OUT_OF_RANGE),
    ("amount_centavos", None, Reason.MISSING),
    ("amount_centavos", 0, Reason.NOT_POSITIVE),
    ("amount_centavos", -1, Reason.NOT_POSITIVE),
    ("amount_centavos", float("nan"), Reason.NOT_A_NUMBER),
    ("amount_centavos", float("inf"), Reason.NOT_A_NUMBER),
    ("amount_centavos", 57.5, Reason.FRACTIONAL),
    ("amount_centavos", 10**13 + 1, Reason.OVERFLOW),
    ("amount_centavos", 1e300, Reason.OVERFLOW),
    ("amount_centavos", "ten", Reason.WRONG_TYPE),
    ("amount_centavos", True, Reason.WRONG_TYPE),
    ("payer_id", None, Reason.MISSING),
    ("payer_id", CPF, Reason.UNTOKENISED),
    ("payer_id", "k1." + "A" * 32, Reason.UNTOKENISED),
    ("payer_id", "k1." + "a" * 32 + "\nx", Reason.UNTOKENISED),
    ("payee_id", 12345678909, Reason.WRONG_TYPE),
    ("device_id", "a-phone", Reason.UNTOKENISED),
    ("payer_ispb", "1234567", Reason.BAD_ISPB),
    ("payee_ispb", 60746948, Reason.WRONG_TYPE),
    ("key_type", "cpf", Reason.UNKNOWN_VALUE),
    ("initiation", CPF, Reason.UNKNOWN_VALUE),
    ("purpose", 1.5, Reason.WRONG_TYPE),
    ("payer_region", "XX", Reason.UNKNOWN_VALUE),
    ("device_registered", "maybe", Reason.WRONG_TYPE),
    ("device_registered", 2, Reason.WRONG_TYPE),
    ("device_registered", 1.0, Reason.WRONG_TYPE),
    ("payer_account_age_days", -1, Reason.NEGATIVE),
    ("payee_dict_open_reports", 2**31, Reason.OVERFLOW),
    ("payee_dict_open_reports", 0.5, Reason.FRACTIONAL),
    ("payer_dict_settlements_d90", "many", Reason.WRONG_TYPE),
]
RIGHT = [
    ("end_to_end_id", "X" + "0" * 31),
    ("end_to_end_id", "E12345678202602010300abcdefghijk"),
    ("end_to_end_id", "E12345678202601310301abcdefghijk"),
    ("amount_centavos", 10**13),
    ("amount_centavos", "100"),
    ("amount_centavos", 100.0),
    ("amount_centavos", Decimal("100")),
    ("payee_id", BASE["payer_id"]),  # to oneself
    ("device_id", TOKEN),
    ("device_id", None),
    ("payer_ispb", "00000000"),
    ("key_type", "EVP"),
    ("payer_region", "SP"),
    ("device_registered", "False"),
    ("device_registered", 1),
    ("device_registered", True),
    ("payer_account_age_days", 0),
    ("payer_account_age_days", 2**31 - 1),
    ("payer_dict_open_reports", " 3 "),
    ("event_time", datetime(2026, 1, 31, 15, tzinfo=UTC)),
]


def table(*rows: dict[str, Any]) -> pa.Table:
    """Rows as a table; a column keeps the type that Arrow infers."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    return pa.table({name: pa.array([row.get(name) for row in rows]) for name in names})


@pytest.mark.parametrize(("field", "value", "reason"), BROKEN)
def test_each_rule_has_its_reason_in_a_table(
    payment: Callable[..., dict[str, Any]], field: str, value: Any, reason: Reason
) -> None:
    accepted, rejected = check(table(payment(**{field: value})))
    assert len(accepted) == 0
    assert rejected["reasons"].to_pylist() == [[f"{reason}:{field}"]]
    assert rejected[field].to_pylist() == [None]


@pytest.mark.parametrize(("field", "value", "reason"), BROKEN)
def test_each_rule_has_its_reason_for_one_payment(
    payment: Callable[..., dict[str, Any]], field: str, value: Any, reason: Reason
) -> None:
    with pytest.raises(PaymentError) as caught:
        check_one(payment(**{field: value}))
    assert (caught.value.field, caught.value.reason) == (field, reason)
    assert CPF not in str(caught.value)


@pytest.mark.parametrize(("field", "value"), RIGHT)
def test_right_values_are_accepted_by_both_alike(
    payment: Callable[..., dict[str, Any]], field: str, value: Any
) -> None:
    accepted, rejected = check(table(payment(**{field: value})))
    assert rejected["reasons"].to_pylist() == []
    assert accepted.schema.equals(PAYMENT_SCHEMA)
    assert accepted.to_pylist() == [single(payment(**{field: value}))]


CHARACTERS = "0123456789abcdefkE.XTZ-: +eSP"
VALUES = st.one_of(
    st.none(),
    st.text(CHARACTERS, max_size=34),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(),
    st.booleans(),
    st.sampled_from([value for _, value, _ in BROKEN] + [value for _, value in RIGHT]),
)


def single(row: dict[str, Any]) -> dict[str, Any] | str:
    """What check_one makes of a row: its fields, or its reason as rejects write it."""
    try:
        one = check_one(row)
    except PaymentError as error:
        return f"{error.reason}:{error.field}"
    return {name: getattr(one, name) for name in PAYMENT_SCHEMA.names}


@given(st.sampled_from(PAYMENT_SCHEMA.names), VALUES)
def test_a_table_and_a_single_payment_are_judged_alike(field: str, value: Any) -> None:
    row = {**BASE, field: value}
    accepted, rejected = check(table(row))
    assert single(row) in [*accepted.to_pylist(), *pc.list_flatten(rejected["reasons"]).to_pylist()]


def test_a_row_lists_every_rule_it_breaks_and_keeps_its_number() -> None:
    wrong = {**BASE, "amount_centavos": -5, "payer_id": CPF, "key_type": "X"}
    accepted, rejected = check(table(BASE, wrong, BASE))
    assert len(accepted) == 2
    assert rejected["row"].to_pylist() == [1]
    assert rejected["reasons"].to_pylist() == [
        ["not_positive:amount_centavos", "untokenised:payer_id", "unknown_value:key_type"]
    ]
    assert CPF not in str(rejected.to_pylist())


def test_optional_columns_may_be_absent_and_required_ones_may_not() -> None:
    accepted, _ = check(table(BASE))
    assert accepted["device_id"].to_pylist() == [None]
    _, rejected = check(table(BASE).drop_columns(["payee_id"]))
    assert rejected["reasons"].to_pylist() == [["missing:payee_id"]]


def test_a_column_that_the_contract_lacks_is_refused() -> None:
    with pytest.raises(ContractError, match="'fraud_scenario'"):
        check(table({**BASE, "fraud_scenario": 3}))


def test_derived_ids_and_zero_amounts_are_taken_only_where_allowed() -> None:
    odd = table({**BASE, "end_to_end_id": "X" + "0" * 31, "amount_centavos": 0})
    assert judge(odd, derived_ids=True, zero_amounts=True).right.tolist() == [True]
    strict = judge(odd, derived_ids=False).rejected(np.arange(1))
    assert strict["reasons"].to_pylist() == [["bad_end_to_end_id:end_to_end_id", "not_positive:amount_centavos"]]


def test_problems_found_earlier_come_first() -> None:
    found = {"amount_centavos": np.array([code(Reason.WRONG_CURRENCY)], np.uint8)}
    rejected = judge(table({**BASE, "amount_centavos": None}), found=found).rejected(np.array([41]))
    assert rejected["reasons"].to_pylist() == [["wrong_currency:amount_centavos"]]
    assert rejected["row"].to_pylist() == [41]


def test_dictionaries_and_large_strings_are_text_too() -> None:
    encoded = table(BASE)
    for name in ("payer_id", "end_to_end_id"):
        encoded = encoded.set_column(encoded.schema.get_field_index(name), name, encoded[name].dictionary_encode())
    assert len(check(encoded)[0]) == 1


def test_an_empty_table_gives_empty_tables() -> None:
    accepted, rejected = check(PAYMENT_SCHEMA.empty_table())
    assert (len(accepted), len(rejected)) == (0, 0)


def test_labels_have_the_same_rules() -> None:
    right = {"end_to_end_id": BASE["end_to_end_id"], "is_fraud": True, "known_at": "2026-02-01T00:00:00Z"}
    rows = table(right, {**right, "is_fraud": None}, {**right, "known_at": None})
    accepted, rejected = check(rows.append_column("situation", pa.array(["SCAM", "SCAM", "THEFT"])), LABEL_FIELDS)
    assert accepted.schema.equals(LABEL_SCHEMA)
    assert len(accepted) == 1
    assert rejected["reasons"].to_pylist() == [["missing:is_fraud"], ["unknown_value:situation", "missing:known_at"]]
