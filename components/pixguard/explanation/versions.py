"""Versions to recompute with: folders below one place, or else fetched from the store that they were released to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pixguard.explanation.errors import ExplanationError
from pixguard.explanation.recompute import Recomputer

Fetch = Callable[[str], Path]
DEPTH = 2  # <folder>/<version>, or <folder>/<digest of its address>/<version> as the laptop's plane keeps them


class Versions:
    """Opens each version once; what cannot be opened is said once for each version, and remembered."""

    def __init__(self, folder: Path, public_key: Path, fetch: Fetch | None = None) -> None:
        self.folder, self.public_key = folder, public_key
        self._fetch = fetch
        self._opened: dict[str, Recomputer | ExplanationError] = {}

    def open(self, name: str) -> Recomputer:
        """Return the version, verified by its signature; ExplanationError where it is nowhere."""
        if name not in self._opened:
            try:
                self._opened[name] = Recomputer(self.place(name), self.public_key)
            except ExplanationError as error:
                self._opened[name] = error
        found = self._opened[name]
        if isinstance(found, ExplanationError):
            raise found
        return found

    def place(self, name: str) -> Path:
        """Return the version's folder, unverified; ExplanationError where it is nowhere."""
        if self.folder.name == name and self.folder.is_dir():
            return self.folder
        for depth in range(DEPTH):
            found = next((path for path in self.folder.glob("*/" * depth + name) if path.is_dir()), None)
            if found:
                return found
        if self._fetch is None:
            raise ExplanationError(f"version {name} is not below {self.folder}: give its folder with --versions")
        return self._fetch(name)
