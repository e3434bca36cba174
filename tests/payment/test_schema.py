import re

import pyarrow as pa
import pytest

from pixguard.payment import ACCEPTED_LABEL_SCHEMA, PAYMENT_FIELDS, PAYMENT_SCHEMA, REGIONS, reject_schema
from pixguard.payment.schema import DERIVED_ID_PATTERN, PIX_ID_PATTERN


def test_every_time_is_utc_in_microseconds_because_spark_refuses_nanoseconds() -> None:
    times = [
        field.type for schema in (PAYMENT_SCHEMA, ACCEPTED_LABEL_SCHEMA) for field in schema if "time" in field.name
    ]
    assert set(times) == {pa.timestamp("us", tz="UTC")}


def test_only_required_fields_are_not_null() -> None:
    required = [field.name for field in PAYMENT_SCHEMA if not field.nullable]
    assert required == ["end_to_end_id", "event_time", "amount_centavos", "payer_id", "payee_id"]
    assert all(field.nullable for field in reject_schema(PAYMENT_SCHEMA) if field.name not in {"row", "reasons"})


def test_there_are_seven_dict_counters_a_side() -> None:
    assert len([field for field in PAYMENT_FIELDS if re.match("(payer|payee)_dict_", field.name)]) == 14


def test_there_are_27_units_of_the_federation() -> None:
    assert len(set(REGIONS)) == 27


@pytest.mark.parametrize("pattern", [PIX_ID_PATTERN, DERIVED_ID_PATTERN])
def test_ids_have_32_characters(pattern: str) -> None:
    for length in (31, 32, 33):
        text = pattern[0] + "0" * (length - 1)
        assert bool(re.fullmatch(pattern, text)) == (length == 32)
