"""Identifiers that carry nothing: tokens and end-to-end ids by vectorised hashing of integers, as Arrow strings."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pixguard.simulate.randomness import Ints, keyed_hash
from pixguard.simulate.rhythm import DAY_US, HOUR_US, MINUTE_US

Text = NDArray[np.uint8]  # [rows, characters], ASCII

_HEX = np.frombuffer(b"".join(b"%02x" % value for value in range(256)), dtype=np.uint8).reshape(256, 2)
_ALPHANUMERIC = np.frombuffer(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", dtype=np.uint8)
_FREE_CHARACTERS = 11


def tokens(numbers: Ints, seed: int, kind: str) -> pa.Array:
    """Return `k0.` and 32 hex digits for each number, distinct for distinct numbers, unrelated between kinds."""
    halves = [keyed_hash(numbers, seed, f"{kind} {half}").astype(">u8") for half in ("high", "low")]
    digits = _HEX[np.stack(halves, axis=1).view(np.uint8)].reshape(len(numbers), 32)
    return strings(np.concatenate([_repeated("k0.", len(numbers)), digits], axis=1))


def end_to_end_ids(ispb: tuple[str, ...], payer_institution: Ints, time_us: Ints, seed: int) -> pa.Array:
    """Return E, the payer's ISPB, the UTC minute and 11 characters for each row; distinct, since rows hash apart."""
    rows = len(time_us)
    codes = np.frombuffer("".join(ispb).encode(), dtype=np.uint8).reshape(len(ispb), 8)
    free = _free_characters(keyed_hash(np.arange(rows), seed, "end to end"))
    return strings(np.concatenate([_repeated("E", rows), codes[payer_institution], _minutes(time_us), free], axis=1))


def _free_characters(bits: NDArray[np.uint64]) -> Text:
    """Write 64 bits in base 62: 11 digits hold them all, so distinct bits stay distinct."""
    digits = np.empty((len(bits), _FREE_CHARACTERS), dtype=np.uint8)
    left = bits.copy()
    for position in range(_FREE_CHARACTERS):
        left, digit = np.divmod(left, np.uint64(62))
        digits[:, position] = digit
    return _ALPHANUMERIC[digits]


def _minutes(time_us: Ints) -> Text:
    """Return yyyyMMddHHmm of each time, UTC; the date is worked out once a day, not once a row."""
    day = time_us // DAY_US
    days, row = np.unique(day, return_inverse=True)
    dates = np.datetime_as_string(days.astype("datetime64[D]"))
    text = np.frombuffer("".join(str(d).replace("-", "") for d in dates).encode(), dtype=np.uint8).reshape(-1, 8)
    clock = time_us % DAY_US
    hour, minute = clock // HOUR_US, clock % HOUR_US // MINUTE_US
    digits = np.stack([hour // 10, hour % 10, minute // 10, minute % 10], axis=1) + ord("0")
    return np.concatenate([text[row], digits.astype(np.uint8)], axis=1)


def _repeated(text: str, rows: int) -> Text:
    return np.broadcast_to(np.frombuffer(text.encode(), dtype=np.uint8), (rows, len(text)))


def strings(text: Text) -> pa.Array:
    """Return an Arrow string array of rows of equal length, without a Python object a row."""
    rows, width = text.shape
    offsets = np.arange(rows + 1, dtype=np.int32) * width
    data = np.ascontiguousarray(text)
    return pa.StringArray.from_buffers(rows, pa.py_buffer(offsets), pa.py_buffer(data))
