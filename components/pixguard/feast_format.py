"""Feast's online format, byte for byte, without Feast: importing it takes seconds and its writer 10 k rows a second.

Tests hold every function against Feast's own. Entity keys are of serialization version 3; values and timestamps are
protobuf messages of one or two fields (feast.types.Value, google.protobuf.Timestamp).
"""

from __future__ import annotations

import struct

import mmh3

PROJECT = "pixguard"
JOIN_KEYS = {"account": "account_id", "device": "device_id", "pair": "pair_id"}
_STRING = 2  # feast.types.ValueType.STRING
_BYTES_VAL, _INT64_VAL = b"\x0a", b"\x20"  # tag bytes of the fields bytes_val = 1 and int64_val = 4


def entity_key(entity: str, key: str) -> bytes:
    """Return the serialized entity key of an entity with one join key of text."""
    return _PREFIX[entity] + struct.pack("<I", len(raw := key.encode())) + raw


def redis_field(view: str, feature: str) -> bytes:
    """Return the name of a feature's field in the Redis hash of an entity key."""
    return struct.pack("<I", mmh3.hash(f"{view}:{feature}", signed=False))


def bytes_value(content: bytes) -> bytes:
    """Return the Value message that holds bytes."""
    return _BYTES_VAL + _varint(len(content)) + content


def bytes_of(message: bytes) -> bytes:
    """Return the bytes in a Value message that holds some; ValueError where it holds something else."""
    if message[:1] != _BYTES_VAL:
        raise ValueError(f"a value of {len(message)} bytes that holds no bytes_val")
    at, length, shift = 1, 0, 0
    while True:
        byte = message[at]
        length |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            break
    if at + length != len(message):
        raise ValueError(f"a value of {len(message)} bytes that says it holds {length}")
    return message[at:]


def int64_value(number: int) -> bytes:
    """Return the Value message that holds an int64, 0 or more."""
    return _INT64_VAL + _varint(number)


def timestamp(time_us: int) -> bytes:
    """Return the Timestamp message of a time in microseconds since the epoch, 0 or more."""
    seconds, rest = divmod(time_us, 1_000_000)
    return (b"\x08" + _varint(seconds) if seconds else b"") + (b"\x10" + _varint(rest * 1000) if rest else b"")


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def _prefix(join_key: str) -> bytes:
    raw = join_key.encode()
    return struct.pack("<III", 1, _STRING, len(raw)) + raw + struct.pack("<I", _STRING)


_PREFIX = {entity: _prefix(join_key) for entity, join_key in JOIN_KEYS.items()}
