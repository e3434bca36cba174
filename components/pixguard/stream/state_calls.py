"""Many reads or writes of a map state in one flight of requests.

Spark's client waits for each answer: 175 µs of CPU for the read and the write of one key, four keys a payment. The
state server reads its socket in order and answers in order, so requests can follow each other without waiting: 40 µs.
This speaks Spark's own protocol through its own client, whose names are not public:
`tests/stream/test_state_calls.py` holds it against the public calls, and the version of pyspark is pinned.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import Any

import pyspark.sql.streaming.proto.StateMessage_pb2 as wire
from pyspark.sql.streaming.stateful_processor import MapState

from pixguard.errors import PixguardError

# Both sides write before they read: what is under way must fit the socket's buffers (64 KiB at least).
_REQUESTS = 32
_HEAD, _PROTOCOL = struct.Struct("!ii"), 0


class StateCallError(PixguardError):
    """The state store refused a call; the query stops and runs the batch again from its checkpoint."""


def get_values(state: MapState, keys: Sequence[str]) -> list[bytes | None]:
    """Return the value of each key of a map state of (text) → (bytes), None where it has none."""
    client = state._mapStateClient
    encode = client._stateful_processor_api_client._serialize_to_bytes
    calls = [
        wire.MapStateCall(
            stateName=state._stateName, getValue=wire.GetValue(userKey=encode(client.user_key_schema, (key,)))
        )
        for key in keys
    ]
    decode = client._stateful_processor_api_client._deserialize_from_bytes
    return [decode(value)[0] if value else None for value in _flight(state, calls)]


def put_values(state: MapState, keys: Sequence[str], values: Sequence[bytes]) -> None:
    """Set the value of each key."""
    client = state._mapStateClient
    encode = client._stateful_processor_api_client._serialize_to_bytes
    calls = [
        wire.MapStateCall(
            stateName=state._stateName,
            updateValue=wire.UpdateValue(
                userKey=encode(client.user_key_schema, (key,)), value=encode(client.value_schema, (value,))
            ),
        )
        for key, value in zip(keys, values, strict=True)
    ]
    for _ in _flight(state, calls):
        pass


def _flight(state: MapState, calls: Sequence[Any]) -> Iterator[bytes]:
    """Send calls without waiting for their answers, some at a time; yield the answers in order."""
    client = state._mapStateClient._stateful_processor_api_client
    file = client.sockfile
    for at in range(0, len(calls), _REQUESTS):
        under_way = calls[at : at + _REQUESTS]
        for call in under_way:
            request = wire.StateRequest(stateVariableRequest=wire.StateVariableRequest(mapStateCall=call))
            message = request.SerializeToString()
            file.write(_HEAD.pack(_PROTOCOL, len(message)) + message)
        file.flush()
        for _ in under_way:
            status, problem, value = client._receive_proto_message()
            if status != 0:
                raise StateCallError(f"state store: {problem}; the batch is run again from its checkpoint")
            yield value
