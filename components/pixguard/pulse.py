"""A stream's sign of life in the online store: until when all that it was sent is visible to requests.

A key that is quiet and a stream that is dead look the same from the key's state; this tells them apart. One small value
for each feature set, absolute, so writing it again changes nothing; it never expires, for a stream that died must not
look like one that never was. Where no stream ever wrote, there is none, and nobody promised fresh state.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import redis

from pixguard.declaration import FeatureSet
from pixguard.errors import UsageError
from pixguard.online_store import StoreError

TIMEOUT_S = 1.0
_BUSY_S = 5.0


class Pulse(NamedTuple):
    """The last batch that is visible, and the time, microseconds UTC, until which nothing that was sent is missing."""

    batch: int
    as_of_us: int


class Pulses(Protocol):
    """The pulse of one feature set's stream; StoreError where the store does not answer. Blocking."""

    def read(self) -> Pulse | None:
        """Return it, None where no stream writes here."""

    def write(self, pulse: Pulse) -> None:
        """Set it."""

    def forget(self) -> None:
        """Remove it: from now on nobody promises fresh state."""

    def close(self) -> None:
        """Let go of the store."""


def open_pulses(address: str, feature_set: FeatureSet, *, timeout_s: float = TIMEOUT_S) -> Pulses:
    """Return the pulse of a set in the online store at `redis://…`, `rediss://…` or `sqlite:///absolute/path`."""
    scheme, _, rest = address.partition("://")
    if scheme in ("redis", "rediss") and rest:
        return RedisPulses(address, feature_set, timeout_s)
    if scheme == "sqlite" and rest.startswith("/"):
        return SqlitePulses(Path(rest), feature_set)
    raise UsageError(f"online store {scheme}://…: give redis://host:port or sqlite:///absolute/path")


class RedisPulses:
    """One string beside Feast's hashes."""

    def __init__(self, address: str, feature_set: FeatureSet, timeout_s: float) -> None:
        self._client: Any = redis.Redis.from_url(address, socket_timeout=timeout_s, socket_connect_timeout=timeout_s)
        self._key = f"pixguard:pulse:{feature_set.name}"

    def read(self) -> Pulse | None:
        """Return it, None where no stream writes here."""
        return _pulse(self._do("GET", self._key))

    def write(self, pulse: Pulse) -> None:
        """Set it, for ever."""
        self._do("SET", self._key, _text(pulse))

    def forget(self) -> None:
        """Remove it."""
        self._do("DEL", self._key)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _do(self, *command: str | bytes) -> Any:
        try:
            return self._client.execute_command(*command)
        except (redis.RedisError, OSError) as error:
            raise _unreachable("Redis", error) from error


class SqlitePulses:
    """One row of a table beside Feast's; each call opens the file anew, so any thread may ask."""

    def __init__(self, path: Path, feature_set: FeatureSet) -> None:
        self._path, self._set = path, feature_set.name

    def read(self) -> Pulse | None:
        """Return it, None where no stream writes here."""
        if not self._path.exists():
            return None
        row = self._do(_HAS_TABLE) and self._do("SELECT value FROM pixguard_pulse WHERE feature_set = ?", self._set)
        return _pulse(row[0]) if row else None

    def write(self, pulse: Pulse) -> None:
        """Set it."""
        self._do(_CREATE)
        self._do("INSERT OR REPLACE INTO pixguard_pulse VALUES (?, ?)", self._set, _text(pulse))

    def forget(self) -> None:
        """Remove it."""
        if self.read() is not None:
            self._do("DELETE FROM pixguard_pulse WHERE feature_set = ?", self._set)

    def close(self) -> None:
        """Do nothing: no connection is kept."""

    def _do(self, statement: str, *values: str | bytes) -> Any:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(self._path, timeout=_BUSY_S)) as connection, connection:
                return connection.execute(statement, values).fetchone()
        except (sqlite3.Error, OSError) as error:
            raise _unreachable(str(self._path), error) from error


_HAS_TABLE = "SELECT name FROM sqlite_master WHERE name = 'pixguard_pulse'"
_CREATE = "CREATE TABLE IF NOT EXISTS pixguard_pulse (feature_set TEXT PRIMARY KEY, value BLOB)"


def _text(pulse: Pulse) -> bytes:
    return json.dumps(pulse._asdict()).encode()


def _pulse(text: bytes | None) -> Pulse | None:
    if text is None:
        return None
    try:
        return Pulse(**json.loads(text))
    except (ValueError, TypeError) as error:
        raise StoreError("online store: the stream's pulse is damaged; the stream writes it anew") from error


def _unreachable(where: str, error: Exception) -> StoreError:
    return StoreError(f"online store {where}: {type(error).__name__}; see that it runs and is reached from here")
