"""Why a row breaks the contract: one code for each rule, and the error that carries it for a single payment."""

from enum import StrEnum

from pixguard.errors import PixguardError


class Reason(StrEnum):
    """The code of a broken rule; a reject keeps it as `reason:field`."""

    UNREADABLE_ROW = "unreadable_row"
    MISSING = "missing"
    UNKNOWN_FIELD = "unknown_field"
    WRONG_TYPE = "wrong_type"
    UNTOKENISED = "untokenised"
    BAD_END_TO_END_ID = "bad_end_to_end_id"
    ID_TIME_MISMATCH = "id_time_mismatch"
    UNPARSABLE_TIME = "unparsable_time"
    NAIVE_TIME = "naive_time"
    NONEXISTENT_TIME = "nonexistent_time"
    AMBIGUOUS_TIME = "ambiguous_time"
    TIME_OUT_OF_RANGE = "time_out_of_range"
    NOT_A_NUMBER = "not_a_number"
    FRACTIONAL = "fractional"
    NOT_POSITIVE = "not_positive"
    NEGATIVE = "negative"
    OVERFLOW = "overflow"
    WRONG_CURRENCY = "wrong_currency"
    UNKNOWN_VALUE = "unknown_value"
    BAD_ISPB = "bad_ispb"
    CONFLICTING_DUPLICATE = "conflicting_duplicate"
    UNKNOWN_PAYMENT = "unknown_payment"
    KNOWN_BEFORE_PAYMENT = "known_before_payment"


class ContractError(PixguardError):
    """A table that cannot be held against the contract at all, such as one with a column the contract lacks."""


class PaymentError(PixguardError):
    """One payment breaks one rule of the contract.

    Says the field, the rule's code, the kind of thing found (never the value: it may be personal data) and what was
    wanted instead.
    """

    def __init__(self, field: str, reason: Reason, found: str, wanted: str) -> None:
        super().__init__(f"{field}: found {found}, wanted {wanted} ({reason})")
        self.field = field
        self.reason = reason
        self.found = found
        self.wanted = wanted
