"""The contract of payments and labels: fields, units, and the reason of every rejection.

A payment's payer and payee may be the same token: people move money between their own accounts.
"""

from pixguard.payment.reasons import ContractError, PaymentError, Reason
from pixguard.payment.rules import check
from pixguard.payment.schema import (
    ACCEPTED_LABEL_SCHEMA,
    DICT_COUNTERS,
    LABEL_FIELDS,
    LABEL_SCHEMA,
    MAX_AMOUNT_CENTAVOS,
    PAYMENT_FIELDS,
    PAYMENT_SCHEMA,
    REGIONS,
    SIDES,
    Field,
    Initiation,
    KeyType,
    Kind,
    Purpose,
    Situation,
    reject_schema,
)
from pixguard.payment.single import Payment, check_one

__all__ = [
    "ACCEPTED_LABEL_SCHEMA",
    "DICT_COUNTERS",
    "LABEL_FIELDS",
    "LABEL_SCHEMA",
    "MAX_AMOUNT_CENTAVOS",
    "PAYMENT_FIELDS",
    "PAYMENT_SCHEMA",
    "REGIONS",
    "SIDES",
    "ContractError",
    "Field",
    "Initiation",
    "KeyType",
    "Kind",
    "Payment",
    "PaymentError",
    "Purpose",
    "Reason",
    "Situation",
    "check",
    "check_one",
    "reject_schema",
]
