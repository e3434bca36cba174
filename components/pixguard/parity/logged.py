"""Decisions that were made, held against what batch computes for the same payments today.

A request can only know what the stream had written by then: where batch saw an event that is newer than the newest one
the decision knew, the row is *behind*. What differs in a row that was not behind has no such excuse.
"""

from __future__ import annotations

import hashlib
import heapq
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
from numpy.typing import NDArray

from pixguard.decision_log import STALE
from pixguard.declaration import FeatureSet
from pixguard.errors import PixguardError
from pixguard.parity.compare import Comparison, compare
from pixguard.parity.reference import Reference
from pixguard.payment import PAYMENT_SCHEMA, check_one

_SCHEMA = 1


class DecisionLogError(PixguardError):
    """A decision log that cannot be read or holds nothing to compare; the message names the file or what it lacks."""


@dataclass(frozen=True)
class Sample:
    """Decisions drawn from a log, and how many were passed over for which reason."""

    payments: pa.Table
    inputs: NDArray[np.float32]
    newest_event_us: NDArray[np.int64]
    passed_over: Mapping[str, int]


@dataclass(frozen=True)
class Verdict:
    """What a sample came to: `fresh` are the rows whose state had seen all that batch saw, `behind` the others."""

    sampled: int
    passed_over: Mapping[str, int]
    fresh: Comparison
    behind: Comparison

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        counts = {"sampled": self.sampled, "passed_over": dict(self.passed_over)}
        return {**counts, "fresh": self.fresh.to_json(), "behind": self.behind.to_json()}


def draw(log: Path, names: Sequence[str], size: int, since: datetime | None = None) -> Sample:
    """Draw `size` decisions whose inputs are `names`; the same log gives the same sample.

    With `since`, only segments that began then or later are read. Replayed decisions are passed over, those that lacked
    more than fresh state, and those of a model with other inputs. DecisionLogError where the log is damaged or nothing
    is left.
    """
    wanted = hashlib.sha256("\n".join(names).encode()).hexdigest()
    passed_over: Counter[str] = Counter()
    kept: list[tuple[str, int, dict[str, Any]]] = []
    for number, record in enumerate(_records(log, since)):
        reason = _passed_over(record, wanted)
        if reason:
            passed_over[reason] += 1
            continue
        draw_key = hashlib.blake2b(record["end_to_end_id"].encode(), digest_size=8).hexdigest()
        entry = (draw_key, number, record)
        heapq.heappush(kept, entry) if len(kept) < size else heapq.heappushpop(kept, entry)
    if not kept:
        raise DecisionLogError(f"{log}: no decision to compare ({dict(passed_over)}); give the version's inputs")
    records = [record for _, _, record in sorted(kept, key=lambda entry: entry[1])]
    values = [[np.nan if v is None else v for v in one["features"]["values"]] for one in records]
    newest = [one["newest_event_us"] if one["newest_event_us"] is not None else -(2**63) for one in records]
    payments = [_row(one["payment"]) for one in records]
    return Sample(
        pa.Table.from_pylist(payments, schema=PAYMENT_SCHEMA),
        np.array(values, dtype=np.float32),
        np.array(newest, dtype=np.int64),
        dict(passed_over),
    )


def judge(sample: Sample, reference: Reference, feature_set: FeatureSet, names: Sequence[str]) -> Verdict:
    """Compare a sample with batch, bit for bit; `names` are the model's inputs, `feature_set` declares them all."""
    aggregates, inputs = reference.rows(sample.payments)
    places = [feature_set.names.index(name) for name in names]
    last = [i for i, name in enumerate(reference.aggregates) if "_last_" in name]
    newest_of_batch = aggregates[:, last].max(axis=1) if last else np.zeros(len(aggregates), dtype=np.int64)
    is_behind = newest_of_batch > sample.newest_event_us
    parts = [compare(names, sample.inputs[rows], inputs[rows][:, places]) for rows in (~is_behind, is_behind)]
    return Verdict(len(sample.inputs), sample.passed_over, *parts)


def newest_version(log: Path) -> str:
    """Return the version that made the first decision of the newest segment."""
    newest = max(_segments(log), key=lambda path: path.name)
    return str(next(_read([newest]))["version"])


def _segments(log: Path) -> list[Path]:
    files = sorted(log.rglob("*.jsonl"))
    if not files:
        raise DecisionLogError(f"{log}: holds no segment (*.jsonl) of a decision log; give its folder")
    return files


def _records(log: Path, since: datetime | None) -> Iterator[dict[str, Any]]:
    begin = f"{since:%Y%m%dT%H%M%S}" if since else ""  # a segment is called by the time of its first decision
    yield from _read([file for file in _segments(log) if file.name >= begin])


def _read(files: Sequence[Path]) -> Iterator[dict[str, Any]]:
    for file in files:
        with file.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                try:
                    yield orjson.loads(line)
                except orjson.JSONDecodeError as error:
                    raise DecisionLogError(f"{file}:{number}: no JSON; the log is damaged there") from error


def _passed_over(record: Mapping[str, Any], wanted: str) -> str:
    """Say why a decision cannot be compared; empty text where it can."""
    if record.get("schema") != _SCHEMA:
        return "another schema"
    if record["replay"]:
        return "replayed"
    if set(record["degraded"]) - {STALE}:  # stale is not wrong: it is behind
        return "degraded"
    return "" if record["features"]["names_sha256"] == wanted else "other inputs"


def _row(payment: Mapping[str, Any]) -> dict[str, Any]:
    checked = check_one(payment)
    return {name: getattr(checked, name) for name in PAYMENT_SCHEMA.names}
