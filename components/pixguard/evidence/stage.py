"""What is remembered of a canary's present stage, so that a killed advancer goes on where it was."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from pixguard.evidence.errors import SourceError
from pixguard.evidence.replays import Journal
from pixguard.evidence.source import Trial


class Stage:
    """When the stage's counting began, the counters of that moment, and its pairs.

    With a folder they lie in `<environment>-<commit>.json` and `….pairs.jsonl`; the first of two advancers says when it
    began. Without one they are this process's own.
    """

    def __init__(self, trial: Trial, folder: Path | None) -> None:
        self.trial = trial
        name = f"{trial.environment}-{trial.commit[:16]}"
        self._path = None if folder is None else folder / f"{name}.json"
        self.journal = Journal(None if folder is None else folder / f"{name}.pairs.jsonl")
        self.began: datetime | None = None
        self.mark: Mapping[str, Any] = {}
        self._recall()

    def begin(self, now: datetime, mark: Mapping[str, Any]) -> None:
        """Count from now on, unless somebody said so before."""
        if self._path is None:
            self.began, self.mark = now, mark
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        hidden = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        hidden.write_text(json.dumps({"began": now.isoformat(), "mark": mark}), encoding="utf-8")
        try:
            with suppress(FileExistsError):
                os.link(hidden, self._path)  # appears whole, or is another's already
        finally:
            hidden.unlink()
        self._recall()

    def _recall(self) -> None:
        if self._path is None or not self._path.exists():
            return
        try:
            data = json.loads(self._path.read_text(encoding="utf-8"))
            self.began, self.mark = datetime.fromisoformat(data["began"]), data["mark"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise SourceError(f"{self._path} is damaged ({error}): delete it, and the stage counts anew") from error
