"""The fields of a payment and of a label: names, kinds, units, limits, and the Arrow schemas that follow from them.

This is the one declaration of the contract. `rules` reads it for whole tables, `single` for one request.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum, StrEnum

import pyarrow as pa


class KeyType(StrEnum):
    """The kind of Pix key that the payer typed (PIX.md, "Message")."""

    CPF = "CPF"
    CNPJ = "CNPJ"
    EMAIL = "EMAIL"
    PHONE = "PHONE"
    EVP = "EVP"


class Initiation(StrEnum):
    """How the payment was begun."""

    MANUAL = "MANUAL"
    DICT = "DICT"
    STATIC_QRCODE = "STATIC_QRCODE"
    DYNAMIC_QRCODE = "DYNAMIC_QRCODE"
    PAYMENT_INITIATOR = "PAYMENT_INITIATOR"


class Purpose(StrEnum):
    """What the payment is for: a transfer, cash (saque) or change (troco)."""

    TRANSFER = "TRANSFER"
    WITHDRAWAL = "WITHDRAWAL"
    CHANGE = "CHANGE"


class Situation(StrEnum):
    """The situation of a DICT infraction report, the natural class of a label."""

    SCAM = "SCAM"
    ACCOUNT_TAKEOVER = "ACCOUNT_TAKEOVER"
    COERCION = "COERCION"
    FRAUDULENT_ACCESS = "FRAUDULENT_ACCESS"
    OTHER = "OTHER"
    UNKNOWN = "UNKNOWN"


REGIONS = (
    *("AC", "AL", "AM", "AP", "BA", "CE", "DF", "ES", "GO"),
    *("MA", "MG", "MS", "MT", "PA", "PB", "PE", "PI", "PR"),
    *("RJ", "RN", "RO", "RR", "RS", "SC", "SE", "SP", "TO"),
)
"""The 27 federative units (UF)."""

TOKENISED_PATTERN = r"k[0-9]+\.[0-9a-f]{32}"
ISPB_PATTERN = r"[0-9]{8}"
PIX_ID_PATTERN = r"E[0-9]{20}[0-9A-Za-z]{11}"
"""`E` + ISPB (8 digits) + yyyyMMddHHmm in UTC + 11 free characters (PIX.md, "Message")."""
DERIVED_ID_PATTERN = r"X[0-9A-Za-z]{31}"
"""`X` + 31 characters: an id that a mapping derives for a table without Pix ids (`D` would be a Pix return)."""

ID_CLOCK_DIFFERENCE = timedelta(hours=12)
"""SPI's tolerance between the minute inside an id and the payment's time, both ways, ends included."""
EARLIEST_TIME = datetime(2000, 1, 1, tzinfo=UTC)
LATEST_TIME = datetime(2100, 1, 1, tzinfo=UTC)
MAX_AMOUNT_CENTAVOS = 10**13
"""R$ 100 bn: beyond any payment, and int64 sums of 900,000 such amounts stay exact."""
MAX_COUNT = 2**31 - 1

SIDES = ("payer", "payee")
DICT_COUNTERS = (
    "dict_settlements_d90",
    "dict_fraud_markers_d90",
    "dict_mule_markers_d90",
    "dict_open_reports",
    "dict_rejected_reports_d90",
    "dict_distinct_reporters_d90",
    "dict_registered_accounts",
)


class Kind(Enum):
    """What sort of value a field holds; each kind has one conversion and its own rules."""

    ID = "an end-to-end id: E, ISPB, yyyyMMddHHmm, 11 characters"
    TIME = "a time with its offset, such as 2026-01-31T12:00:00Z"
    AMOUNT = "a whole number of centavos above 0"
    TOKENISED = "a token k<version>.<32 hex digits>"
    ISPB = "8 digits"
    CHOICE = "one of"
    COUNT = "a whole number, 0 or more"
    FLAG = "true or false"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a contract table: its name, kind, whether it must be there, and the values a choice allows."""

    name: str
    kind: Kind
    required: bool = False
    values: tuple[str, ...] = ()

    @property
    def wanted(self) -> str:
        """Say in words what a right value looks like."""
        return f"{self.kind.value} {', '.join(self.values)}" if self.values else self.kind.value

    @property
    def arrow(self) -> pa.Field:
        """The Arrow field: its type, and nullable unless required."""
        return pa.field(self.name, _ARROW_TYPES[self.kind], nullable=not self.required)


_ARROW_TYPES = {
    Kind.ID: pa.string(),
    Kind.TIME: pa.timestamp("us", tz="UTC"),
    Kind.AMOUNT: pa.int64(),
    Kind.TOKENISED: pa.string(),
    Kind.ISPB: pa.string(),
    Kind.CHOICE: pa.string(),
    Kind.COUNT: pa.int32(),
    Kind.FLAG: pa.bool_(),
}

PAYMENT_FIELDS = (
    Field("end_to_end_id", Kind.ID, required=True),
    Field("event_time", Kind.TIME, required=True),
    Field("amount_centavos", Kind.AMOUNT, required=True),
    Field("payer_id", Kind.TOKENISED, required=True),
    Field("payee_id", Kind.TOKENISED, required=True),
    Field("device_id", Kind.TOKENISED),
    Field("payer_ispb", Kind.ISPB),
    Field("payee_ispb", Kind.ISPB),
    Field("key_type", Kind.CHOICE, values=tuple(KeyType)),
    Field("initiation", Kind.CHOICE, values=tuple(Initiation)),
    Field("purpose", Kind.CHOICE, values=tuple(Purpose)),
    Field("device_registered", Kind.FLAG),
    Field("payer_account_age_days", Kind.COUNT),
    Field("payee_account_age_days", Kind.COUNT),
    Field("payer_region", Kind.CHOICE, values=REGIONS),
    *(Field(f"{side}_{counter}", Kind.COUNT) for side in SIDES for counter in DICT_COUNTERS),
)
LABEL_FIELDS = (
    Field("end_to_end_id", Kind.ID, required=True),
    Field("is_fraud", Kind.FLAG, required=True),
    Field("situation", Kind.CHOICE, values=tuple(Situation)),
    Field("known_at", Kind.TIME, required=True),
)

PAYMENT_SCHEMA = pa.schema([field.arrow for field in PAYMENT_FIELDS])
LABEL_SCHEMA = pa.schema([field.arrow for field in LABEL_FIELDS])
ACCEPTED_LABEL_SCHEMA = pa.schema(
    [*LABEL_SCHEMA, *(PAYMENT_SCHEMA.field(n) for n in ("event_time", "amount_centavos", "payer_id", "payee_id"))]
)
"""A label in the lake: with the time, the amount and the two sides of its payment, joined at ingest."""


def reject_schema(schema: pa.Schema) -> pa.Schema:
    """Return the schema of rejected rows: row number, reasons, and the fields of `schema` that were right.

    A field that broke a rule is null: a value in the wrong place may be personal data.
    """
    return pa.schema(
        [
            pa.field("row", pa.int64(), nullable=False),
            pa.field("reasons", pa.list_(pa.string()), nullable=False),
            *(field.with_nullable(True) for field in schema),
        ]
    )
