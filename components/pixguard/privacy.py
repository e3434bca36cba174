"""Keyed tokens in place of personal data.

A token is `k<version>.` + 32 hex digits of HMAC-SHA256(key, kind + ":" + clear): the same person is the same token in
every input, and without the key nobody can try the 10^9 possible CPFs. The key ring lives apart from the data and holds
several versions, so that a key can be replaced; tokens of different versions do not compare.
"""

import hmac
import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

import pyarrow as pa

from pixguard.errors import PixguardError

KEY_BYTES = 32
"""The shortest key taken: as long as the digest (RFC 2104, section 3)."""
KEYS_VARIABLE = "PIXGUARD_KEYS"
_MEMO_ENTRIES = 500_000


class KeyringError(PixguardError):
    """A key ring that cannot be read, is malformed, or whose keys are too short; never says a key."""


class Keyring:
    """Keys by version, and the current version that new tokens are made with."""

    def __init__(self, keys: Mapping[int, bytes], current: int | None = None) -> None:
        if not keys:
            raise KeyringError("the key ring is empty: add a key of at least 32 bytes")
        current = max(keys) if current is None else current
        if current not in keys:
            raise KeyringError(f"the current version is {current}, but the ring has only {sorted(keys)}")
        for version, key in keys.items():
            if version < 0 or len(key) < KEY_BYTES:
                raise KeyringError(
                    f"key {version} has {len(key)} bytes, wanted a version >= 0 and >= {KEY_BYTES} bytes"
                )
        self._keys = dict(keys)
        self._memo: dict[tuple[str, str], str] = {}
        self.current = current

    def __repr__(self) -> str:
        """Show the versions, never a key."""
        return f"Keyring(versions={sorted(self._keys)}, current={self.current})"

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled: a key must not travel into a file or another process by accident."""
        raise KeyringError("a key ring cannot be pickled: load it where it is needed")

    def token(self, kind: str, clear: str, *, version: int | None = None) -> str:
        """Return the token of one clear identifier; `kind` (such as `account`) separates name spaces."""
        version = self.current if version is None else version
        if version not in self._keys:
            raise KeyringError(f"there is no key {version}: the ring has {sorted(self._keys)}")
        digest = hmac.digest(self._keys[version], f"{kind}:{clear}".encode(), "sha256")
        return f"k{version}.{digest[:16].hex()}"

    def tokens(self, kind: str, clear: pa.Array) -> pa.Array:
        """Return the tokens of a text array, nulls kept; each distinct value is hashed once."""
        encoded = clear.dictionary_encode()
        distinct = [self._remembered(kind, value) for value in encoded.dictionary.to_pylist()]
        return pa.array(distinct, pa.string()).take(encoded.indices)

    def _remembered(self, kind: str, clear: str) -> str:
        known = self._memo.get((kind, clear))
        if known is None:
            if len(self._memo) >= _MEMO_ENTRIES:
                self._memo.clear()
            known = self._memo[kind, clear] = self.token(kind, clear)
        return known


def load_keyring(path: Path | None = None, environment: Mapping[str, str] = os.environ) -> Keyring:
    """Read a key ring from `path`, or else from the variable PIXGUARD_KEYS.

    Both hold JSON: `{"current": 2, "keys": {"1": "<hex>", "2": "<hex>"}}`; `current` may be left out for the highest
    version. Raises KeyringError, which never quotes what was read.
    """
    place = str(path) if path else f"the variable {KEYS_VARIABLE}"
    if path is None and KEYS_VARIABLE not in environment:
        raise KeyringError(f"no keys: give a key file, or set {KEYS_VARIABLE}")
    try:
        text = path.read_text("utf-8") if path else environment[KEYS_VARIABLE]
    except (OSError, UnicodeDecodeError) as error:
        raise KeyringError(
            f"{place}: cannot be read ({type(error).__name__}); check that it exists and is text"
        ) from None
    return _parse(text, place)


def create_keyring(path: Path) -> Keyring:
    """Write a new ring with one random key to `path`, readable by its owner only, unless a file is there already.

    Returns the ring that the file then holds. Losing the file means that old and new tokens no longer compare.
    """
    text = json.dumps({"current": 1, "keys": {"1": secrets.token_hex(KEY_BYTES)}}) + "\n"
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if not path.exists():
            os.link(temporary, path)  # unlike a rename, never replaces a ring that another process made meanwhile
    except FileExistsError:
        return load_keyring(path)
    finally:
        temporary.unlink(missing_ok=True)
    return load_keyring(path)


def _parse(text: str, place: str) -> Keyring:
    wanted = 'wanted JSON such as {"current": 1, "keys": {"1": "<64 hex digits>"}}'
    try:
        data = json.loads(text)
        keys = {int(version): bytes.fromhex(key) for version, key in data["keys"].items()}
        current = data.get("current")
    except (ValueError, KeyError, TypeError, AttributeError):
        raise KeyringError(f"{place}: {wanted}") from None  # the cause would quote the secret text
    if not (current is None or type(current) is int):
        raise KeyringError(f"{place}: current is not a whole number; {wanted}")
    return Keyring(keys, current)
