"""One line of the decision log: what was asked, seen, found and decided. The one schema of writers and readers.

Every field of a payment is a token, a number or a choice: no personal data in clear can be in a record.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, asdict, dataclass, fields
from datetime import UTC, datetime
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from pixguard.decision_log.errors import DecisionLogError

SCHEMA = 1
LATE = "late_payment"  # so late that its features may hold events after it
STALE = "stale_state"  # the stream that writes state was behind
OF_STATE = frozenset({LATE, STALE})
"""What a decision may lack and still be one of state; any other word in `degraded` says why medians stood in."""

_OPTIONS = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_APPEND_NEWLINE


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A decision as it was logged; `features` are the model's inputs, float32 in the order of `names_sha256`.

    `reasons` are the largest contributions to the score's log-odds; base + all contributions = log-odds.
    """

    decided_at: str  # UTC, ISO 8601 with Z
    end_to_end_id: str
    model: str
    version: str
    score: float
    probability: float
    decision: str
    rules: Sequence[str]  # of the policy, that led to the decision
    reasons: Sequence[Mapping[str, Any]]  # feature, value (null where unknown), contribution
    base: float  # log-odds at the training medians
    degraded: Sequence[str]
    newest_event_us: int | None
    latency_us: int
    replay: bool
    payment: Mapping[str, Any]
    features: Mapping[str, Any]  # names_sha256, values
    propensity: float = 1.0  # how likely the policy was to decide so; older lines lack it: nothing was explored then

    @property
    def values(self) -> NDArray[np.float32]:
        """The model's inputs, float32 [features]; what was null is NaN."""
        return np.array([np.nan if v is None else v for v in self.features["values"]], dtype=np.float32)

    @property
    def decided(self) -> datetime:
        """The time of the decision."""
        return datetime.fromisoformat(self.decided_at)

    def to_json(self) -> dict[str, Any]:
        """Return the object that is written."""
        return {"schema": SCHEMA, **asdict(self)}


_NAMES = frozenset(field.name for field in fields(Record))
_NEEDED = frozenset(field.name for field in fields(Record) if field.default is MISSING)


def record_line(values: Mapping[str, Any]) -> bytes:
    """Return the line of the fields of a record, newline included; NumPy arrays and orjson fragments are fine."""
    return orjson.dumps({"schema": SCHEMA, **values}, option=_OPTIONS)


def read_record(line: bytes) -> Record:
    """Return the record of a line; DecisionLogError for anything else. Never repeats what the line holds."""
    try:
        data = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise DecisionLogError(f"a line of {len(line)} bytes is no JSON: the log is damaged here") from error
    if not isinstance(data, dict) or data.pop("schema", None) != SCHEMA:
        raise DecisionLogError(f"a record of another schema: this version reads {SCHEMA}")
    if not _NEEDED <= set(data) <= _NAMES:
        raise DecisionLogError(f"fields of a record differ by {sorted((_NEEDED - set(data)) | (set(data) - _NAMES))}")
    return Record(**data)


def names_sha256(names: Sequence[str]) -> str:
    """Return the digest that says which features a record's values are, and in which order."""
    return hashlib.sha256("\n".join(names).encode()).hexdigest()


def utc_text(moment: datetime) -> str:
    """Return a time as the log writes it: UTC, microseconds, Z."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"
