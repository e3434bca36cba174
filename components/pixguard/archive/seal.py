"""A decision's line → the archive's line: who it is about is sealed, everything that decided stays readable.

The payer's part holds the end-to-end id, the payer's token and the device's; the payee's part the payee's token. Each
is sealed by AES-256-GCM under the person's key of the day. Without the key a record still says what was decided, by
which version, from which values, and comes out bit-equal when it is made again.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pixguard.archive.errors import ArchiveError
from pixguard.archive.keys import DayKey, PersonKeys, Secret, day_key
from pixguard.decision_log import Record, read_record

SCHEMA = 1
ERASED = "erased"
PARTS = {"payer": ("end_to_end_id", "payer_id", "device_id"), "payee": ("payee_id",)}
_NONCE_BYTES = 12


def seal(lines: Sequence[bytes], keys: PersonKeys) -> list[bytes]:
    """Return the archive's line of each decision's line; DecisionLogError for a line that is no record."""
    records = [read_record(line).to_json() for line in lines]
    seen: dict[str, str] = {}
    for record in records:
        for role in PARTS:
            token = record["payment"][f"{role}_id"]
            seen[token] = max(_time(record), seen.get(token, ""))
    secrets = keys.secrets(seen)
    return [sealed_line(record, secrets) for record in records]


def sealed_line(record: Mapping[str, Any], secrets: Mapping[str, Secret]) -> bytes:
    """Return one line, newline included."""
    day, payment = record["decided_at"][:10], dict(record["payment"])
    sealed = {}
    for role, names in PARTS.items():
        one = day_key(secrets[payment[f"{role}_id"]].of(_time(record)), day)
        part = orjson.dumps({name: payment.get(name) for name in names})
        nonce = os.urandom(_NONCE_BYTES)
        text = AESGCM(one.key).encrypt(nonce, part, _about(role, day))
        sealed[role] = {"handle": one.handle.hex(), "text": base64.b64encode(nonce + text).decode()}
    for name in (name for names in PARTS.values() for name in names):
        payment.pop(name, None)
    kept = {name: value for name, value in record.items() if name != "end_to_end_id"} | {"payment": payment}
    return orjson.dumps({"archive": SCHEMA, "record": kept, "sealed": sealed}, option=orjson.OPT_APPEND_NEWLINE)


def opened(line: bytes, keys_of: Callable[[str], Mapping[bytes, DayKey]]) -> Record:
    """Return the record of an archive's line; what no key opens is ERASED. `keys_of` gives a day's keys by handle.

    ArchiveError for a line of anything else, and for a part that was changed.
    """
    try:
        data = orjson.loads(line)
        kept, sealed = dict(data["record"]), data["sealed"]
        if data["archive"] != SCHEMA:
            raise ArchiveError(f"a line of another schema: this version reads {SCHEMA}")
        day = kept["decided_at"][:10]
        payment = dict(kept["payment"])
        for role, names in PARTS.items():
            part = _part(sealed[role], role, day, keys_of(day))
            payment.update(dict.fromkeys(names, ERASED) if part is None else part)
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise ArchiveError(f"a line of {len(line)} bytes is none of an archive ({type(error).__name__})") from error
    kept |= {"end_to_end_id": payment["end_to_end_id"], "payment": payment}
    return read_record(orjson.dumps(kept))


def _part(sealed: Mapping[str, str], role: str, day: str, keys: Mapping[bytes, DayKey]) -> dict[str, Any] | None:
    """Return what was sealed, None where its key is gone."""
    one = keys.get(bytes.fromhex(sealed["handle"]))
    if one is None:
        return None
    whole = base64.b64decode(sealed["text"], validate=True)
    try:
        found: dict[str, Any] = orjson.loads(
            AESGCM(one.key).decrypt(whole[:_NONCE_BYTES], whole[_NONCE_BYTES:], _about(role, day))
        )
    except InvalidTag as error:
        raise ArchiveError("a sealed part was changed, or belongs to another line's role or day") from error
    return found


def _about(role: str, day: str) -> bytes:
    return f"pixguard archive {SCHEMA}|{role}|{day}".encode()


def _time(record: Mapping[str, Any]) -> str:
    """Return when a decision fell, as the key file writes times."""
    return str(record["decided_at"]).replace("Z", "+00:00")
