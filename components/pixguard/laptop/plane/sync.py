"""Argo CD's part: watch the repository, render what its newest commit says, and take it if KServe would."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from pixguard.laptop.plane import folder as files
from pixguard.laptop.plane import repository
from pixguard.laptop.plane.errors import ManifestError, PlaneError
from pixguard.laptop.plane.folder import Folder
from pixguard.laptop.plane.manifest import KIND, RUNTIMES, Desired, check_change, read_manifests
from pixguard.laptop.plane.render import render

AGAIN_S = 2.0
log = logging.getLogger("pixguard.plane")


class Sync:
    """What was last taken, and why the newest commit was not, if it was not. An invalid commit changes nothing."""

    def __init__(self, folder: Folder, overlay: str, given: Mapping[str, str]) -> None:
        self._folder, self._overlay, self._given = folder, overlay, given
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="sync")
        self._pending: tuple[str, Future[list[Any]]] | None = None
        self._tried: str | None = None
        self._again = 0.0
        saved = files.read(folder.applied)
        self.commit: str | None = saved.get("commit")
        self.desired: Desired | None = None
        self.error: str | None = None
        if saved:
            self._recall(saved["documents"])

    def step(self) -> None:
        """Look for a new commit; rendering goes on beside the plane's loop."""
        if self._pending is not None and self._pending[1].done():
            (commit, rendered), self._pending = self._pending, None
            self._take(commit, rendered)
        if self._pending is None:
            commit = repository.head(self._folder.git) or ""
            if commit and (commit != self._tried or (self._again and time.monotonic() > self._again)):
                self._tried, self._again = commit, 0.0
                self._pending = commit, self._pool.submit(render, self._folder.git, commit, self._overlay)

    def close(self) -> None:
        """Look no more."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _recall(self, documents: list[Any]) -> None:
        """Want what was wanted last, which an earlier pixguard may have taken and this one does not."""
        try:
            self.desired = read_manifests(documents, self._given)
        except ManifestError as error:
            self.error = f"commit {(self.commit or '')[:12]}, taken before: {error}"
            log.warning("not taken again: %s", self.error)

    def _take(self, commit: str, rendered: Future[list[Any]]) -> None:
        try:
            documents = rendered.result()
            desired = read_manifests(documents, self._given)
            check_change(self.desired, desired)
        except PlaneError as error:
            self.error = f"commit {commit[:12]}: {error}"
            if not isinstance(error, ManifestError):  # not the commit's fault: it may work the next time
                self._again = time.monotonic() + AGAIN_S
            log.warning("not taken: %s", self.error)
            return
        kinds = {KIND, *RUNTIMES}
        needed = [each for each in documents if isinstance(each, dict) and each.get("kind") in kinds]
        self.commit, self.desired, self.error = commit, desired, None
        files.write(self._folder.applied, {"commit": commit, "documents": needed}, durable=True)
        log.info("took commit %s: %s", commit[:12], ", ".join(f"{w.name} {w.percent} %" for w in desired.wanted))
