"""Looks at all that the console shows, once a call: the plane's files and counters, the decision log, Git, verdicts.

A source that does not answer is a sentence on the page; the others go on.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

import httpx

from pixguard.console import releases, watched
from pixguard.console.door import KEPT_S, Door, figures
from pixguard.console.errors import VerdictError
from pixguard.console.held import Held
from pixguard.console.releases import Releases
from pixguard.console.settings import Settings
from pixguard.console.standing import standing
from pixguard.console.tail import Tail
from pixguard.console.trial import Watched
from pixguard.console.verdicts import Verdict, Verdicts, asked
from pixguard.console.window import Window
from pixguard.decision_log.record import utc_text
from pixguard.errors import PixguardError
from pixguard.evidence.plane import Served, versions_in

Sections = dict[str, Any]
T = TypeVar("T")


class Watcher:
    """One plane. A look and a verdict may come from two threads; they take turns."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.time) -> None:
        state = settings.state
        self._state, self._clock = state, clock
        self._client = httpx.Client(timeout=1.0, trust_env=False)
        self._tail, self._window, self._door, self._held = Tail(state / "decisions"), Window(), Door(), Held()
        self._verdicts = Verdicts(state / "outcomes" / "verdicts")
        self._releases = Releases(state / "release.git", settings.overlay)
        self._trial = Watched(state, settings.environment)
        self._turn = threading.Lock()
        self._problems: dict[str, str] = {}
        self._watch: Mapping[str, Any] = {}
        self._watch_key: object = None

    def look(self) -> Sections:
        """Return what the page shows now, by section."""
        with self._turn:
            self._problems = {}
            now = self._clock()
            self._follow(now)
            self._try("releases", self._releases.look)
            addresses, status = self._file("plane.json"), self._file("status.json")
            versions = self._versions(str(addresses.get("versions_url", "")))
            entries = self._releases.entries
            live = {
                "at": utc_text(datetime.fromtimestamp(now, UTC)),
                "standing": standing(entries, status, versions),
                "minute": self._minute(now, versions or {}),
                "versions": self._by_version(now, versions or {}),
                "trial": self._judged(now, addresses),
                "series": self._window.series(now),
            }
            return {
                "live": live | {"problems": self._all_problems()},
                "held": self._held.queue(self._verdicts.newest, utc_text(datetime.fromtimestamp(now, UTC))),
                "releases": [releases.to_json(each) for each in entries],
                "watch": self._watched(),
            }

    def give(self, data: Any, by: str) -> tuple[Verdict, bool]:
        """Take a verdict on a held payment; return it, and whether it is new. VerdictError says why not."""
        verdict = asked(data, by, datetime.fromtimestamp(self._clock(), UTC))
        with self._turn:
            self._verdicts.look()
            if verdict.end_to_end_id not in self._held and verdict.end_to_end_id not in self._verdicts.newest:
                raise VerdictError(404, "no held payment of this id is known here")
            return verdict, self._verdicts.give(verdict, correct=data.get("correct") is True)

    def close(self) -> None:
        """Ask no more."""
        self._client.close()

    def _watched(self) -> Mapping[str, Any]:
        """Return what the watchers found, read again when a file changed or another version serves."""
        folder, entries = self._state / "watch", self._releases.entries
        state = entries[0].state if entries else None
        serving = state.stable.name if state else None
        times = [each.stat().st_mtime_ns for each in sorted(folder.glob("*.json"))]
        if self._watch_key != (serving, times):
            self._watch_key, self._watch = (serving, times), watched.read(folder, serving)
        return self._watch

    def _follow(self, now: float) -> None:
        for record in self._tail.new():
            try:
                self._window.add(record)
                self._held.add(record)
            except (
                TypeError,
                ValueError,
                KeyError,
                AttributeError,
                OverflowError,
            ):  # a field of another type than a server writes
                self._tail.unreadable += 1
        self._window.forget(now)
        self._verdicts.look()

    def _file(self, name: str) -> Mapping[str, Any]:
        try:
            data = json.loads((self._state / name).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            self._problems[name] = f"{name}: {error}"
            return {}
        return data if isinstance(data, Mapping) else {}

    def _versions(self, url: str) -> dict[str, Served] | None:
        """Return what the plane counted, or None where it does not answer."""
        try:
            return versions_in(self._client.get(url).raise_for_status().json(), url)
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            self._problems["plane"] = f"the plane does not answer ({type(error).__name__}): pixguard up"
        except PixguardError as error:
            self._problems["plane"] = str(error)
        return None

    def _judged(self, now: float, addresses: Mapping[str, Any]) -> Mapping[str, Any] | None:
        newest = self._releases.entries[0] if self._releases.entries else None
        url, decisions = str(addresses.get("versions_url", "")), self._state / "decisions"
        return self._try("trial", lambda: self._trial.look(now, newest, url, decisions))

    def _try(self, name: str, ask: Callable[[], T]) -> T | None:
        try:
            return ask()
        except PixguardError as error:
            self._problems[name] = str(error)
            return None

    def _minute(self, now: float, versions: Mapping[str, Served]) -> Mapping[str, Any]:
        self._door.look(now, versions)
        seconds, grown = self._door.grown(now, versions, 60.0)
        door = figures(list(grown.values()))
        per_second = door["requests"] / seconds if seconds >= 1 else None
        return {
            "door": door | {"per_second": per_second, "seconds": round(seconds)},
            "decided": self._window.last_minute(now).to_json(),
        }

    def _by_version(self, now: float, versions: Mapping[str, Served]) -> Mapping[str, Any]:
        _, grown = self._door.grown(now, versions, KEPT_S)
        names = sorted(versions.keys() & grown.keys() | self._window.versions())
        found = {}
        for name in names:
            door = figures([grown[name]]) if name in grown else None
            found[name] = {"door": door, "decided": self._window.of_version(name, now).to_json()}
        return found

    def _all_problems(self) -> list[str]:
        found = list(self._problems.values())
        if self._tail.unreadable:
            found.append(f"{self._tail.unreadable:,} lines of the decision log could not be read")
        if self._tail.skipped_bytes:
            found.append(f"{self._tail.skipped_bytes:,} bytes of the decision log came too fast and were passed over")
        if self._verdicts.unreadable:
            found.append(f"{self._verdicts.unreadable:,} lines of verdicts could not be read")
        return found
