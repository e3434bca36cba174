"""What the gate hands to Great Expectations and gets back, as plain data: no need to import it to speak of it."""

from dataclasses import dataclass
from typing import Any

import pandas as pd


@dataclass(frozen=True)
class Expected:
    """One expectation: its class name, its arguments, and a note for the report."""

    kind: str
    arguments: dict[str, Any]
    note: str = ""


@dataclass(frozen=True)
class Part:
    """A table of the gate: its name, the rows [few] to judge, what is expected, and the column that names a row."""

    name: str
    frame: pd.DataFrame
    expected: tuple[Expected, ...]
    row_id: str | None = None


@dataclass(frozen=True)
class Judgement:
    """Whether an expectation held, its name in words, and the ids of some rows that break it."""

    success: bool
    words: str
    ids: tuple[str, ...]
