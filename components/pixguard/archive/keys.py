"""The key of each person, in one small SQLite file: destroy it, and what it sealed is nobody's any more.

A person is a token (an HMAC, see `privacy`); the secret is random and not derived from it. Of a secret and a day follow
the handle that stands in the archive's lines of that day, and the key that seals them: whoever has the file can find a
person's lines, whoever has only the archive can neither tell who they are nor join one day's to another's.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Self

from pixguard.archive.errors import ArchiveError

SECRET_BYTES, HANDLE_BYTES = 32, 16
_TABLES = """
CREATE TABLE IF NOT EXISTS pepper (value BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS persons (token TEXT PRIMARY KEY, secret BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS forgotten (digest BLOB PRIMARY KEY, at TEXT NOT NULL) WITHOUT ROWID;
"""


@dataclass(frozen=True)
class DayKey:
    """What a person has on one day: a handle in clear, and the key."""

    handle: bytes
    key: bytes


@dataclass(frozen=True)
class Secret:
    """A person's secret; what was decided before the person was forgotten is sealed under one that nobody keeps."""

    value: bytes | None
    forgotten_at: str  # ISO 8601, UTC; empty: never

    def of(self, decided_at: str) -> bytes:
        """Return the secret for a decision of that time."""
        return self.value if self.value and decided_at > self.forgotten_at else os.urandom(SECRET_BYTES)


class PersonKeys:
    """The file. Whoever reads it can open the archive: it lies apart from it, readable by its owner alone."""

    def __init__(self, path: Path) -> None:
        """Open the file, or make it; ArchiveError where others may read it or it is none of ours."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
            mode = path.stat().st_mode & 0o777
            self._db = sqlite3.connect(path, timeout=30)
        except (OSError, sqlite3.Error) as error:
            raise ArchiveError(f"{path}: cannot be opened ({error}); give the file of person keys") from error
        try:
            if mode & 0o077:
                raise ArchiveError(f"{path} has mode {mode:04o}: others may read the keys; chmod 600 {path}")
            self._db.execute("PRAGMA secure_delete = ON")
            self._db.executescript(_TABLES)
            with self._db:
                self._db.execute("BEGIN IMMEDIATE")
                if self._db.execute("SELECT count(*) FROM pepper").fetchone()[0] == 0:
                    self._db.execute("INSERT INTO pepper VALUES (?)", (os.urandom(SECRET_BYTES),))
            (self._pepper,) = self._db.execute("SELECT value FROM pepper").fetchone()
        except sqlite3.Error as error:
            self._db.close()
            raise ArchiveError(f"{path}: no file of person keys ({error})") from error
        except ArchiveError:
            self._db.close()
            raise
        self.path = path

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        self._db.close()

    def secrets(self, seen: Mapping[str, str]) -> dict[str, Secret]:
        """Return the secret of each token, made where absent; `seen` says when each was seen last (ISO 8601, UTC).

        They are on the disk when this returns: nothing may be sealed under a secret that a crash could take.
        """
        found: dict[str, Secret] = {}
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            for token, last in seen.items():
                forgotten = self._forgotten_at(token)
                found[token] = Secret(self._secret(token) if last > forgotten else None, forgotten)
        return found

    def forget(self, token: str, at: datetime) -> bool:
        """Destroy a person's secret, and remember that decisions up to `at` are not to be sealed under a new one.

        What remains of the person is a keyed digest, until `settle` drops it. Return whether there was a secret.
        """
        with self._db:
            gone = self._db.execute("DELETE FROM persons WHERE token = ?", (token,)).rowcount > 0
            entry = (self._digest(token), _text(at))
            self._db.execute("INSERT OR REPLACE INTO forgotten VALUES (?, ?)", entry)
        self._db.execute("VACUUM")
        return gone

    def settle(self, before: datetime) -> int:
        """Drop the digests of persons who were forgotten before: no older decision is left to be sealed."""
        with self._db:
            dropped = self._db.execute("DELETE FROM forgotten WHERE at < ?", (_text(before),)).rowcount
        self._db.execute("VACUUM")
        return dropped

    def by_handle(self, day: str) -> dict[bytes, DayKey]:
        """Return the keys of all persons for a day (YYYY-MM-DD), by their handles."""
        with closing(self._db.execute("SELECT secret FROM persons")) as rows:
            keys = (day_key(secret, day) for (secret,) in rows)
            return {each.handle: each for each in keys}

    def __len__(self) -> int:
        """Return how many persons have a secret."""
        return int(self._db.execute("SELECT count(*) FROM persons").fetchone()[0])

    def _secret(self, token: str) -> bytes:
        row = self._db.execute("SELECT secret FROM persons WHERE token = ?", (token,)).fetchone()
        if row is None:
            row = (os.urandom(SECRET_BYTES),)
            self._db.execute("INSERT INTO persons VALUES (?, ?)", (token, *row))
        return bytes(row[0])

    def _forgotten_at(self, token: str) -> str:
        row = self._db.execute("SELECT at FROM forgotten WHERE digest = ?", (self._digest(token),)).fetchone()
        return row[0] if row else ""

    def _digest(self, token: str) -> bytes:
        return hmac.digest(self._pepper, token.encode(), "sha256")


@lru_cache(maxsize=100_000)
def day_key(secret: bytes, day: str) -> DayKey:
    """Return what follows of a secret for a day: HMAC-SHA256 under the secret, one for each purpose."""
    handle, key = (hmac.digest(secret, f"{what}|{day}".encode(), hashlib.sha256) for what in ("handle", "key"))
    return DayKey(handle[:HANDLE_BYTES], key)


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
