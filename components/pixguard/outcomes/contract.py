"""The contract of verdicts, and the Arrow schemas of what is kept: decisions and verdicts, both by decided date."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

import pyarrow as pa

from pixguard.datasets.mapping import Mapping, Source, TableMapping
from pixguard.payment.schema import LABEL_FIELDS, PAYMENT_SCHEMA, Field, Kind


class VerdictSource(StrEnum):
    """Who says what a payment was."""

    MED_CLAIM = "MED_CLAIM"  # a refund claim, decided: 0 to 90 days after the payment
    INFRACTION_REPORT = "INFRACTION_REPORT"  # DICT, closed as agreed or disagreed
    ANALYST = "ANALYST"  # of a held or rejected payment, usually within hours


_BY_NAME = {field.name: field for field in LABEL_FIELDS}
VERDICT_FIELDS = (
    _BY_NAME["end_to_end_id"],
    Field("source", Kind.CHOICE, required=True, values=tuple(VerdictSource)),
    _BY_NAME["is_fraud"],
    _BY_NAME["situation"],
    _BY_NAME["known_at"],
)
VERDICT_SCHEMA = pa.schema([field.arrow for field in VERDICT_FIELDS])

PAYMENT_COLUMNS = (
    *("event_time", "amount_centavos", "payer_id", "payee_id", "payer_ispb", "payee_ispb", "key_type", "initiation"),
    *("purpose", "device_registered", "payer_account_age_days", "payee_account_age_days", "payer_region"),
)
DECISION_SCHEMA = pa.schema(
    [
        pa.field("end_to_end_id", pa.string(), nullable=False),
        pa.field("decided_at", pa.timestamp("us", tz="UTC"), nullable=False),
        pa.field("version", pa.string(), nullable=False),
        pa.field("score", pa.float64(), nullable=False),
        pa.field("probability", pa.float64(), nullable=False),
        pa.field("decision", pa.string(), nullable=False),
        pa.field("propensity", pa.float64(), nullable=False),
        pa.field("degraded", pa.bool_(), nullable=False),
        pa.field("replay", pa.bool_(), nullable=False),
        *(PAYMENT_SCHEMA.field(name) for name in PAYMENT_COLUMNS),
    ]
)

_SPELLINGS = {"source": {"values": {str(source).lower(): str(source) for source in VerdictSource}}}
_TABLE = TableMapping(
    tuple(Source(field, field.name, _SPELLINGS.get(field.name, {})) for field in VERDICT_FIELDS),
    ignored=("by",),  # which analyst: the console's own business
    lenient=True,
)
VERDICTS = Mapping(
    path=Path("the contract of verdicts"),
    tokenised=True,
    format=None,
    csv={},
    payments=_TABLE,
    labels=_TABLE,
    labels_with_payments=False,
    known_after=None,
)
"""Verdicts come under the contract's own names, as JSON Lines, CSV or Parquet."""
