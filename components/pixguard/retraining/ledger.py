"""What was decided on each day and why: one file a day that appears whole, never changes, and is never made twice."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from pixguard.errors import PixguardError
from pixguard.provenance.files import json_text, write_text
from pixguard.retraining.decide import Decision
from pixguard.retraining.evidence import Evidence, Past
from pixguard.retraining.rules import RetrainingRules

SCHEMA = 1


class LedgerError(PixguardError):
    """A record that cannot be read; the message names the file."""


@dataclass(frozen=True)
class Record:
    """One day's decision as it was written; `run` is who made it, such as a pipeline's run."""

    day: date
    champion: str
    action: str
    causes: tuple[str, ...]
    reasons: tuple[str, ...]
    run: str
    data: Mapping[str, Any]  # the whole: triggers, budget, rules, evidence

    @property
    def past(self) -> Past:
        """What later decisions look at."""
        promises = self.data["evidence"]["promises"] or {}
        lows = {name: float(each["promised"]["low"]) for name, each in promises.items()}
        return Past(self.day, self.champion, self.causes, tuple(self.data["short"]), lows)


class Ledger:
    """The records of one environment, `<folder>/<day>.json`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def records(self) -> list[Record]:
        """Return all records, oldest first; LedgerError names a damaged one."""
        return [_read(path) for path in sorted(self._folder.glob("*.json"))]

    def write(self, evidence: Evidence, rules: RetrainingRules, decision: Decision, run: str = "") -> Record:
        """Write the day's decision, and return its record: this one, or the one that was there already."""
        evidence_ = {name: value for name, value in asdict(evidence).items() if name != "past"}
        data = {"schema": SCHEMA, "run": run, "rules": rules.to_json(), "evidence": evidence_, **asdict(decision),
                "day": evidence.day, "champion": evidence.champion}  # fmt: skip
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{evidence.day}.json"
        hidden = self._folder / f".{path.name}.{uuid.uuid4().hex[:8]}"
        try:
            write_text(hidden, json_text(json.loads(json.dumps(data, default=str))))
            hidden.chmod(0o444)
            with suppress(FileExistsError):
                os.link(hidden, path)  # appears whole, or is another's already
        finally:
            hidden.unlink(missing_ok=True)
        return _read(path)


def _read(path: Path) -> Record:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["schema"] != SCHEMA:
            raise ValueError(f"schema {data['schema']!r}, this version reads {SCHEMA}")
        day = date.fromisoformat(data["day"])
        return Record(day, data["champion"], data["action"], tuple(data["causes"]), tuple(data["reasons"]), data["run"],
                      data)  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LedgerError(f"{path} is no record of a decision ({error!r}); restore it from a backup") from error
