"""One watcher, many pages: a look twice a second while anybody looks on, and each page gets what is new to it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress

from pixguard.console.errors import RefusedError
from pixguard.console.watcher import Sections

BUSY_S, IDLE_S = 0.5, 5.0
MOST_PAGES = 50


class Hub:
    """Looks and tells. Everything but the look itself runs in the event loop."""

    def __init__(self, look: Callable[[], Sections]) -> None:
        self._look = look
        self._texts: dict[str, tuple[int, str]] = {}  # section → how often it changed, its JSON
        self._changed = asyncio.Condition()
        self._wake = asyncio.Event()
        self.pages = 0

    async def run(self) -> None:
        """Look again and again; an error that no source explains ends the console, which then is started anew."""
        while True:
            await self._publish(await asyncio.to_thread(self._look))
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), BUSY_S if self.pages else IDLE_S)
            self._wake.clear()

    def wake(self) -> None:
        """Look at once: somebody came, or a verdict was given."""
        self._wake.set()

    def room(self) -> None:
        """Return when one more page may look on."""
        if self.pages >= MOST_PAGES:
            raise RefusedError(503, f"{MOST_PAGES} pages look on already")

    async def follow(self) -> AsyncIterator[Mapping[str, str]]:
        """Yield the sections that are new to this page, as JSON."""
        self.pages += 1
        self.wake()
        seen: dict[str, int] = {}
        try:
            while True:
                fresh = {name: text for name, (number, text) in self._texts.items() if seen.get(name) != number}
                seen.update({name: number for name, (number, _) in self._texts.items()})
                if fresh:
                    yield fresh
                    continue  # what changed while the page took this
                async with self._changed:
                    await self._changed.wait()
        finally:
            self.pages -= 1

    async def _publish(self, sections: Sections) -> None:
        for name, data in sections.items():
            number, before = self._texts.get(name, (0, ""))
            text = json.dumps(data, separators=(",", ":"), allow_nan=False)
            if text != before:
                self._texts[name] = (number + 1, text)
        async with self._changed:
            self._changed.notify_all()
