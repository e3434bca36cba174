"""Our bytes against Feast's own."""

from datetime import UTC, datetime, timedelta

import pixguard.quick_feast  # noqa: F401 - before all that imports Feast

# isort: split
import pytest
from feast.infra.key_encoding_utils import serialize_entity_key
from feast.infra.online_stores.helpers import _mmh3
from feast.protos.feast.types.EntityKey_pb2 import EntityKey
from feast.protos.feast.types.Value_pb2 import Value
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st

from pixguard import feast_format


@pytest.mark.parametrize(("entity", "join_key"), feast_format.JOIN_KEYS.items())
@given(key=st.text(max_size=80))
def test_entity_keys(entity: str, join_key: str, key: str) -> None:
    feasts = serialize_entity_key(EntityKey(join_keys=[join_key], entity_values=[Value(string_val=key)]), 3)
    assert feast_format.entity_key(entity, key) == feasts


@given(st.text(max_size=40), st.text(max_size=40))
def test_redis_fields(view: str, feature: str) -> None:
    assert feast_format.redis_field(view, feature) == _mmh3(f"{view}:{feature}")


@given(st.binary(max_size=40_000))
def test_bytes(content: bytes) -> None:
    message = Value(bytes_val=content).SerializeToString()
    assert feast_format.bytes_value(content) == message
    assert feast_format.bytes_of(message) == content


@given(st.integers(0, 2**62))
def test_numbers(number: int) -> None:
    assert feast_format.int64_value(number) == Value(int64_val=number).SerializeToString()


@given(st.integers(0, 2**52))
def test_timestamps(time_us: int) -> None:
    theirs = Timestamp()
    theirs.FromDatetime(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=time_us))
    assert feast_format.timestamp(time_us) == theirs.SerializeToString()


@pytest.mark.parametrize("message", [b"", b"\x20\x01", b"\x0a\x05abc", Value(string_val="x").SerializeToString()])
def test_another_value_is_refused(message: bytes) -> None:
    with pytest.raises(ValueError, match="a value of"):
        feast_format.bytes_of(message)
