"""Many reads or writes of a map state in one flight of requests.

Spark's client waits for each answer: 175 µs of CPU for the read and the write of one key, four keys a payment. The
state server reads its socket in order and answers in order, so requests can follow each other without waiting: 40 µs.
This speaks Spark's own protocol through its own client, whose names are not public:
`tests/stream/test_state_calls.py` holds it against the public calls, and the version of pyspark is pinned.
"""

from __future__ import annotations

import itertools
import pickle
import struct
from collections.abc import Iterator, Sequence

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
    request, call = _request(state)

    def messages() -> Iterator[bytes]:
        for key in keys:
            call.getValue.userKey = _row(key)
            yield request.SerializeToString()

    return [pickle.loads(value)[0] if value else None for value in _flight(state, messages())]  # noqa: S301 - Spark's own


def put_values(state: MapState, keys: Sequence[str], values: Sequence[bytes]) -> None:
    """Set the value of each key."""
    request, call = _request(state)

    def messages() -> Iterator[bytes]:
        for key, value in zip(keys, values, strict=True):
            call.updateValue.userKey, call.updateValue.value = _row(key), _row(value)
            yield request.SerializeToString()

    for _ in _flight(state, messages()):
        pass


def _request(state: MapState) -> tuple[wire.StateRequest, wire.MapStateCall]:
    """Return a request and the call in it, to be filled and written again and again: making one anew costs 3 µs."""
    request = wire.StateRequest()
    call = request.stateVariableRequest.mapStateCall
    call.stateName = state._stateName
    return request, call


def _row(value: str | bytes) -> bytes:
    """Return a row of one column as Spark's client writes it, without its look at every type: 0.5 µs instead of 4."""
    return pickle.dumps((value,), pickle.HIGHEST_PROTOCOL)


def _flight(state: MapState, messages: Iterator[bytes]) -> Iterator[bytes]:
    """Send requests without waiting for their answers, some at a time; yield the answers in order."""
    client = state._mapStateClient._stateful_processor_api_client
    file = client.sockfile
    while under_way := list(itertools.islice(messages, _REQUESTS)):
        for message in under_way:
            file.write(_HEAD.pack(_PROTOCOL, len(message)) + message)
        file.flush()
        for _ in under_way:
            status, problem, value = client._receive_proto_message()
            if status != 0:
                raise StateCallError(f"state store: {problem}; the batch is run again from its checkpoint")
            yield value
