import re
from collections.abc import Callable
from dataclasses import fields
from typing import Any

import pytest

from pixguard.payment import PAYMENT_SCHEMA, Payment, PaymentError, Reason, check_one
from pixguard.payment.single import is_end_to_end_id


def test_a_payment_has_the_fields_of_the_schema_in_their_order() -> None:
    assert [field.name for field in fields(Payment)] == PAYMENT_SCHEMA.names


def test_the_error_says_field_found_and_wanted(payment: Callable[..., dict[str, Any]]) -> None:
    wanted = "amount_centavos: found text, wanted a whole number of centavos above 0 (wrong_type)"
    with pytest.raises(PaymentError, match=re.escape(wanted)):
        check_one(payment(amount_centavos="dez reais"))


def test_a_missing_field_is_named(payment: Callable[..., dict[str, Any]]) -> None:
    values = payment()
    del values["payee_id"]
    with pytest.raises(PaymentError, match="payee_id: found nothing, wanted a token") as caught:
        check_one(values)
    assert caught.value.reason is Reason.MISSING


def test_an_unknown_field_is_refused_without_repeating_digits(payment: Callable[..., dict[str, Any]]) -> None:
    with pytest.raises(PaymentError, match="cpf_###########") as caught:
        check_one(payment(cpf_12345678909="x"))
    assert caught.value.reason is Reason.UNKNOWN_FIELD


@pytest.mark.parametrize("value", [[1], {"a": 1}, b"x"])
def test_values_of_other_types_are_refused(payment: Callable[..., dict[str, Any]], value: Any) -> None:
    for field in PAYMENT_SCHEMA.names:
        with pytest.raises(PaymentError, match=f"{field}: found another type") as caught:
            check_one(payment(**{field: value}))
        assert caught.value.reason is Reason.WRONG_TYPE


@pytest.mark.parametrize(
    ("value", "good"),
    [
        ("E1234567820261124150012345678901", True), ("X" + "a" * 31, True), ("E1234567820261324150012345678901", False),
        ("E1234567820261124150012345678901\n", False), (" E1234567820261124150012345678901", False),
        ("D1234567820261124150012345678901", False), ("../" * 10, False), ("", False), (None, False), (7, False),
    ],
)  # fmt: skip
def test_an_end_to_end_id_is_known_by_itself(value: Any, good: bool) -> None:
    assert is_end_to_end_id(value) is good
