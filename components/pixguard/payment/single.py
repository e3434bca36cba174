"""The contract's rules for one payment, as a request brings it: the same rules as `rules`, without tables."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from pixguard.payment.numbers import whole_one
from pixguard.payment.reasons import PaymentError, Reason
from pixguard.payment.schema import (
    DERIVED_ID_PATTERN,
    ID_CLOCK_DIFFERENCE,
    ISPB_PATTERN,
    MAX_AMOUNT_CENTAVOS,
    MAX_COUNT,
    PAYMENT_FIELDS,
    PIX_ID_PATTERN,
    TOKENISED_PATTERN,
    Field,
    Kind,
)
from pixguard.payment.times import instant_one

_BLANK = " \t\n\r\v\f"
_ID = re.compile(f"{PIX_ID_PATTERN}|{DERIVED_ID_PATTERN}")
_REQUIRED = tuple(field for field in PAYMENT_FIELDS if field.required)
_KINDS_OF_VALUES = {str: "text", bool: "true or false", int: "a whole number", float: "a number", Decimal: "a number"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """One payment that keeps every rule of the contract; field by field as in PAYMENT_SCHEMA."""

    end_to_end_id: str
    event_time: datetime
    amount_centavos: int
    payer_id: str
    payee_id: str
    device_id: str | None = None
    payer_ispb: str | None = None
    payee_ispb: str | None = None
    key_type: str | None = None
    initiation: str | None = None
    purpose: str | None = None
    device_registered: bool | None = None
    payer_account_age_days: int | None = None
    payee_account_age_days: int | None = None
    payer_region: str | None = None
    payer_dict_settlements_d90: int | None = None
    payer_dict_fraud_markers_d90: int | None = None
    payer_dict_mule_markers_d90: int | None = None
    payer_dict_open_reports: int | None = None
    payer_dict_rejected_reports_d90: int | None = None
    payer_dict_distinct_reporters_d90: int | None = None
    payer_dict_registered_accounts: int | None = None
    payee_dict_settlements_d90: int | None = None
    payee_dict_fraud_markers_d90: int | None = None
    payee_dict_mule_markers_d90: int | None = None
    payee_dict_open_reports: int | None = None
    payee_dict_rejected_reports_d90: int | None = None
    payee_dict_distinct_reporters_d90: int | None = None
    payee_dict_registered_accounts: int | None = None


def check_one(values: Mapping[str, Any]) -> Payment:
    """Return the payment in a mapping of field names to values, such as a parsed JSON object.

    Raises PaymentError for the first rule broken, in the order of the mapping; its message never holds a value.
    """
    right: dict[str, Any] = {}
    for name, value in values.items():
        found = _CHECKS_OF_FIELDS.get(name)
        if found is None:
            raise PaymentError(_shown(name), Reason.UNKNOWN_FIELD, "a field that the contract lacks", "none such")
        if type(value) is int and found[0].kind is Kind.COUNT and 0 <= value <= MAX_COUNT:
            right[name] = value  # what `_count` would find: most fields are counts, and most counts are right
            continue
        checked = _value(*found, value)
        if checked is not None:
            right[name] = checked
    for field in _REQUIRED:
        if field.name not in right:
            raise PaymentError(field.name, Reason.MISSING, "nothing", field.wanted)
    payment = Payment(**right)
    _check_id_near_time(payment)
    return payment


def is_end_to_end_id(value: Any) -> bool:
    """Return whether a value is an id that the contract takes."""
    return _id(_CHECKS_OF_FIELDS["end_to_end_id"][0], value) is value


def _shown(name: Any) -> str:
    """Return a client's field name fit for a message: short, and without digits that could identify a person."""
    return re.sub(r"[^A-Za-z_.-]", "#", str(name))[:40]


def _value(field: Field, check: Callable[[Field, Any], Any], value: Any) -> Any:
    if isinstance(value, str):
        value = value.strip(_BLANK) or None
    if value is None:
        return None
    checked = check(field, value)
    if isinstance(checked, Reason):
        raise PaymentError(field.name, checked, _KINDS_OF_VALUES.get(type(value), "another type"), field.wanted)
    return checked


def _text(pattern: str, reason: Reason) -> Callable[[Field, Any], str | Reason]:
    matches = re.compile(pattern).fullmatch

    def check(_field: Field, value: Any) -> str | Reason:
        if not isinstance(value, str):
            return Reason.WRONG_TYPE
        return value if matches(value) else reason

    return check


def _id(_field: Field, value: Any) -> str | Reason:
    if not isinstance(value, str):
        return Reason.WRONG_TYPE
    if not _ID.fullmatch(value) or (value[0] == "E" and _minute_in(value) is None):
        return Reason.BAD_END_TO_END_ID
    return value


def _minute_in(end_to_end_id: str) -> datetime | None:
    parts = (end_to_end_id[9:13], *(end_to_end_id[at : at + 2] for at in (13, 15, 17, 19)))
    try:
        year, month, day, hour, minute = (int(part) for part in parts)
        return datetime(year, month, day, hour, minute, tzinfo=UTC)
    except ValueError:  # digits that are no date
        return None


def _time(_field: Field, value: Any) -> datetime | Reason:
    return instant_one(value) if isinstance(value, str | datetime) else Reason.WRONG_TYPE


def _whole(value: Any) -> int | Reason:
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return Reason.WRONG_TYPE
    return whole_one(value)


def _amount(_field: Field, value: Any) -> int | Reason:
    amount = _whole(value)
    if isinstance(amount, Reason):
        return amount
    if amount <= 0:
        return Reason.NOT_POSITIVE
    return Reason.OVERFLOW if amount > MAX_AMOUNT_CENTAVOS else amount


def _count(_field: Field, value: Any) -> int | Reason:
    count = _whole(value)
    if isinstance(count, Reason):
        return count
    if count < 0:
        return Reason.NEGATIVE
    return Reason.OVERFLOW if count > MAX_COUNT else count


def _choice(field: Field, value: Any) -> str | Reason:
    if not isinstance(value, str):
        return Reason.WRONG_TYPE
    return value if value in field.values else Reason.UNKNOWN_VALUE


def _flag(_field: Field, value: Any) -> bool | Reason:
    if isinstance(value, str | int):
        return {"true": True, "1": True, "false": False, "0": False}.get(str(value).lower(), Reason.WRONG_TYPE)
    return Reason.WRONG_TYPE


_CHECKS: dict[Kind, Callable[[Field, Any], Any]] = {
    Kind.ID: _id,
    Kind.TIME: _time,
    Kind.AMOUNT: _amount,
    Kind.COUNT: _count,
    Kind.CHOICE: _choice,
    Kind.FLAG: _flag,
    Kind.TOKENISED: _text(TOKENISED_PATTERN, Reason.UNTOKENISED),
    Kind.ISPB: _text(ISPB_PATTERN, Reason.BAD_ISPB),
}
_CHECKS_OF_FIELDS = {field.name: (field, _CHECKS[field.kind]) for field in PAYMENT_FIELDS}


def _check_id_near_time(payment: Payment) -> None:
    if payment.end_to_end_id[0] != "E":
        return
    minute = _minute_in(payment.end_to_end_id)
    if minute is None or abs(minute - payment.event_time) > ID_CLOCK_DIFFERENCE:
        wanted = f"the minute inside the id within {ID_CLOCK_DIFFERENCE} of event_time"
        raise PaymentError("end_to_end_id", Reason.ID_TIME_MISMATCH, "a minute farther away", wanted)
