"""Where state lies online: Redis on a cluster, SQLite on one machine, both in Feast's own format.

A read is one round trip for all keys of a payment; a write is in bulk and absolute, so writing the same again changes
nothing. `feature_repo/` declares the views, so `get_online_features` reads what is written here.

StoreError (a PixguardError)
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import redis

from pixguard.declaration import Entity, FeatureSet
from pixguard.errors import PixguardError, UsageError
from pixguard.feast_format import (
    PROJECT,
    bytes_of,
    bytes_value,
    entity_key,
    int64_value,
    redis_field,
    timestamp,
)
from pixguard.feature_service import state_entities, state_name
from pixguard.online import StateKey
from pixguard.redis_pipe import Command, RedisBulk, RedisPipe
from pixguard.state import newest_us

TILES, NEWEST = "tiles", "newest_event_us"
_BATCH = 5_000
_BUSY_MS = 5_000


class StoreError(PixguardError):
    """An online store that cannot be reached or read; the message never holds its credentials."""


class OnlineStore(Protocol):
    """State of one feature set by key."""

    def read(self, keys: Sequence[StateKey | None]) -> list[bytes | None]:
        """Return the state of each key, None where there is none; StoreError where the store does not answer."""

    async def aread(self, keys: Sequence[StateKey | None]) -> list[bytes | None]:
        """Do what `read` does without holding the event loop."""

    def write(self, entity: Entity, states: Mapping[str, bytes]) -> None:
        """Set the state of keys of one entity; StoreError where it cannot be written."""

    def close(self) -> None:
        """Close what `read` and `write` opened in this thread."""

    async def aclose(self) -> None:
        """Close what `aread` opened in this event loop."""


def open_online_store(
    address: str, feature_set: FeatureSet, *, timeout_s: float = 1.0, ttl_s: int | None = None
) -> OnlineStore:
    """Return the store at `redis://host:port[/db]`, `rediss://…` or `sqlite:///absolute/path`.

    A Redis key that nobody writes for `ttl_s` seconds is gone. UsageError on another address.
    """
    scheme, _, rest = address.partition("://")
    if scheme in ("redis", "rediss") and rest:
        return RedisStore(address, feature_set, timeout_s=timeout_s, ttl_s=ttl_s)
    if scheme == "sqlite" and rest.startswith("/"):
        return SqliteStore(Path(rest), feature_set)
    raise UsageError(
        f"online store {scheme}://…: give redis://host:port, rediss://host:port or sqlite:///absolute/path"
    )


class RedisStore:
    """One hash for each entity key, its fields named by Feast."""

    def __init__(self, address: str, feature_set: FeatureSet, *, timeout_s: float, ttl_s: int | None) -> None:
        options: dict[str, Any] = {"socket_timeout": timeout_s, "socket_connect_timeout": timeout_s}
        self._client = redis.Redis.from_url(address, **options)
        self._pipe = RedisPipe(address, timeout_s=timeout_s)
        self._bulk = RedisBulk(address, timeout_s=timeout_s)
        self._ttl_s = ttl_s
        self._views = {entity: state_name(feature_set, entity) for entity in state_entities(feature_set)}
        self._fields = {entity: redis_field(view, TILES) for entity, view in self._views.items()}

    def read(self, keys: Sequence[StateKey | None]) -> list[bytes | None]:
        """Return the state of each key in one round trip."""
        try:
            return _placed(keys, self._asked(self._client.pipeline(transaction=False), keys).execute())
        except (redis.RedisError, OSError) as error:
            raise _unreachable("Redis", error) from error

    async def aread(self, keys: Sequence[StateKey | None]) -> list[bytes | None]:
        """Return the state of each key in one round trip."""
        try:
            found = [key for key in keys if key is not None]
            commands = [(b"HGET", _redis_key(*key), self._fields[key.entity]) for key in found]
            return _placed(keys, await self._pipe.ask(commands) if commands else [])
        except OSError as error:
            raise _unreachable("Redis", error) from error

    def write(self, entity: Entity, states: Mapping[str, bytes]) -> None:
        """Set states, a few thousand in a round trip."""
        view, field = self._views[entity], self._fields[entity]
        newest, written = redis_field(view, NEWEST), f"_ts:{view}".encode()
        ttl = None if self._ttl_s is None else str(self._ttl_s).encode()
        items = list(states.items())
        try:
            for at in range(0, len(items), _BATCH):
                commands: list[Command] = []
                for key, blob in items[at : at + _BATCH]:
                    name, time_us = _redis_key(entity, key), newest_us(blob)
                    values = (field, bytes_value(blob), newest, int64_value(time_us), written, timestamp(time_us))
                    commands.append((b"HSET", name, *values))
                    if ttl is not None:
                        commands.append((b"EXPIRE", name, ttl))
                self._bulk.send(commands)
        except OSError as error:
            raise _unreachable("Redis", error) from error

    def close(self) -> None:
        """Close the blocking connections."""
        self._client.close()
        self._bulk.close()

    async def aclose(self) -> None:
        """Close the connections of this event loop."""
        await self._pipe.aclose()

    def _asked(self, pipeline: Any, keys: Sequence[StateKey | None]) -> Any:
        for key in keys:
            if key is not None:
                pipeline.execute_command("HGET", _redis_key(*key), self._fields[key.entity])
        return pipeline


class SqliteStore:
    """Feast's SQLite tables, in write-ahead mode: readers in other processes never wait for the writer."""

    def __init__(self, path: Path, feature_set: FeatureSet) -> None:
        self._path = path
        self._tables = {
            entity: f"{PROJECT}_{state_name(feature_set, entity)}" for entity in state_entities(feature_set)
        }
        self._select = {
            entity: f'SELECT value FROM "{table}" WHERE entity_key = ? AND feature_name = ?'  # noqa: S608 - our own names
            for entity, table in self._tables.items()
        }
        self._local = threading.local()

    def read(self, keys: Sequence[StateKey | None]) -> list[bytes | None]:
        """Return the state of each key."""
        try:
            connection = self._connection()
            return [self._one(connection, key) for key in keys]
        except sqlite3.Error as error:
            raise _unreachable(str(self._path), error) from error

    async def aread(self, keys: Sequence[StateKey | None]) -> list[bytes | None]:
        """Read in place: a few indexed look-ups take less time than a hand-over to a thread."""
        return self.read(keys)

    def write(self, entity: Entity, states: Mapping[str, bytes]) -> None:
        """Set states in one transaction; the table is made where it is missing, as Feast makes it."""
        rows = [row for key, blob in states.items() for row in _sqlite_rows(entity, key, blob)]
        table = self._tables[entity]
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            connection = self._connection()
            with connection:
                connection.execute("BEGIN IMMEDIATE")
                for each in self._tables.values():  # all at once: to a reader a missing table is an error
                    connection.execute(_CREATE.format(table=each))
                connection.executemany(_UPSERT.format(table=table), rows)
        except (sqlite3.Error, OSError) as error:
            raise _unreachable(str(self._path), error) from error

    def close(self) -> None:
        """Close this thread's connection."""
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
            del self._local.connection

    async def aclose(self) -> None:
        """Close this thread's connection: the event loop runs in it."""
        self.close()

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(self._path, timeout=_BUSY_MS / 1000)
            _write_ahead(connection)
            connection.execute("PRAGMA synchronous = NORMAL")
            self._local.connection = connection
        return connection

    def _one(self, connection: sqlite3.Connection, key: StateKey | None) -> bytes | None:
        if key is None:
            return None
        row = connection.execute(self._select[key.entity], (entity_key(*key), TILES)).fetchone()
        return None if row is None else bytes_of(row[0])


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Turn write-ahead mode on; two who do so on a new file at once are told "locked" without SQLite's usual wait.

    Of the error's extended code the last byte says that it is busy.
    """
    deadline = time.monotonic() + _BUSY_MS / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.005)
        else:
            return


_CREATE = (
    'CREATE TABLE IF NOT EXISTS "{table}" (entity_key BLOB, feature_name TEXT, value BLOB, value_text TEXT, '
    "vector_value BLOB, event_ts timestamp, created_ts timestamp, PRIMARY KEY(entity_key, feature_name))"
)
_UPSERT = (
    'INSERT INTO "{table}" (entity_key, feature_name, value, event_ts) VALUES (?, ?, ?, ?) '
    "ON CONFLICT(entity_key, feature_name) DO UPDATE SET value = excluded.value, event_ts = excluded.event_ts"
)


def _sqlite_rows(entity: Entity, key: str, blob: bytes) -> tuple[tuple[Any, ...], ...]:
    name, time_us = entity_key(entity, key), newest_us(blob)
    event_ts = time_us // 1_000_000
    return (
        (name, TILES, bytes_value(blob), event_ts),
        (name, NEWEST, int64_value(time_us), event_ts),
    )


def _redis_key(entity: Entity, key: str) -> bytes:
    return entity_key(entity, key) + PROJECT.encode()


def _placed(keys: Sequence[StateKey | None], values: Sequence[bytes | None]) -> list[bytes | None]:
    found = iter(values)
    out: list[bytes | None] = []
    for key in keys:
        value = None if key is None else next(found)
        out.append(None if value is None else bytes_of(value))
    return out


def _unreachable(where: str, error: Exception) -> StoreError:
    return StoreError(f"online store {where}: {type(error).__name__}; see that it runs and is reached from here")
