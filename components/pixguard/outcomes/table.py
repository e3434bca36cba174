"""Decisions with what was known of them at a moment: blocked, pending, fraud, honest, and who said so.

Labels are selective: a payment that was held or rejected never shows what it would have been, unless an analyst says.
And they are late: what is not known to be fraud is presumed honest only once it is `maturity` old.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from pixguard.outcomes.contract import DECISION_SCHEMA, VERDICT_SCHEMA
from pixguard.outcomes.errors import OutcomesError

UNKNOWN = -1
Int64s = NDArray[np.int64]


class Status(StrEnum):
    """What is known of a payment at a moment."""

    FRAUD = "fraud"
    HONEST = "honest"  # somebody said so
    PRESUMED_HONEST = "presumed_honest"  # let through, old enough, and nobody said otherwise
    PENDING = "pending"  # let through, too young to tell
    BLOCKED = "blocked"  # not let through, and nobody looked


@dataclass(frozen=True)
class Outcomes:
    """Decisions of a period, the verdicts on them, and the replays of the same payments to other versions.

    Verdicts are sorted by row of the decision, time, and fraud last: the last one known at a moment is the label.
    """

    decisions: pa.Table  # DECISION_SCHEMA, no replays
    replays: pa.Table  # DECISION_SCHEMA, replays alone
    verdict_row: Int64s  # [verdicts] row of the decision
    verdict_us: Int64s  # [verdicts] when it became known
    verdict_is_fraud: NDArray[np.bool_]  # [verdicts]

    def __len__(self) -> int:
        return int(self.decisions.num_rows)

    @property
    def event_us(self) -> Int64s:
        """Time of each payment [rows]."""
        return _micros(self.decisions["event_time"])

    @property
    def blocked(self) -> NDArray[np.bool_]:
        """Whether each payment was held or rejected [rows]."""
        return _mask(pc.not_equal(self.decisions["decision"], "approve"))

    @property
    def let_through(self) -> NDArray[np.float64]:
        """How likely each payment was to be let through [rows]: 1, or 0, or the share of exploration.

        A hold that exploration drew has the propensity of the hold; its complement is the share.
        """
        propensity = self.decisions["propensity"].to_numpy()
        held = _mask(pc.equal(self.decisions["decision"], "hold"))
        return np.where(~self.blocked, propensity, np.where(held, 1 - propensity, 0.0))

    def labels(self, known_by_us: Int64s | int) -> NDArray[np.int8]:
        """Return what was known by a moment, or by one moment a row: 1 fraud, 0 honest, UNKNOWN [rows]."""
        bound = np.broadcast_to(np.asarray(known_by_us, dtype=np.int64), (len(self),))
        known = self.verdict_us <= bound[self.verdict_row]
        found = np.full(len(self), UNKNOWN, dtype=np.int8)
        found[self.verdict_row[known]] = self.verdict_is_fraud[known]  # of equal rows the last one stays
        return found

    def matured(self, cut_off: datetime, maturity: timedelta) -> NDArray[np.bool_]:
        """Return whether each payment was at least `maturity` old at the cut-off [rows]."""
        return self.event_us <= micros_of(cut_off) - micros(maturity)

    def status(self, cut_off: datetime, maturity: timedelta) -> NDArray[np.str_]:
        """Return the `Status` of each payment at the cut-off [rows]."""
        labels, ripe = self.labels(micros_of(cut_off)), self.matured(cut_off, maturity)
        cases = [labels == 1, labels == 0, self.blocked, ripe]
        names = [Status.FRAUD, Status.HONEST, Status.BLOCKED, Status.PRESUMED_HONEST]
        return np.select(cases, [str(name) for name in names], str(Status.PENDING))

    def known_at(self, cut_off: datetime, maturity: timedelta) -> pa.Table:
        """Return the decisions with `status`, `is_fraud` (null where unknown) and `age_days` at the cut-off."""
        status = self.status(cut_off, maturity)
        labels = pa.array(self.labels(micros_of(cut_off)).astype(np.int8))
        is_fraud = pc.if_else(pc.equal(labels, UNKNOWN), None, pc.equal(labels, 1))
        age = (micros_of(cut_off) - self.event_us) / micros(timedelta(days=1))
        table = self.decisions.append_column("status", pa.array(status))
        return table.append_column("is_fraud", is_fraud).append_column("age_days", pa.array(age))


def read_outcomes(lake: Path, start: date | None = None, end: date | None = None) -> Outcomes:
    """Return the outcomes of the decided days from `start` until before `end` (None: all) of the lake.

    OutcomesError where there are none: run ingest_labels first.
    """
    decided = _read(outcome_files(lake, "decisions"), DECISION_SCHEMA, start, end)
    if not decided.num_rows:
        raise OutcomesError(f"{lake / 'outcomes'}: no decisions of that period; run ingest_labels on the log first")
    verdicts = _read(outcome_files(lake, "verdicts"), VERDICT_SCHEMA, start, end)
    replay = decided["replay"]
    return outcomes_of(decided.filter(pc.invert(replay)), decided.filter(replay), verdicts)


def outcomes_of(decisions: pa.Table, replays: pa.Table, verdicts: pa.Table) -> Outcomes:
    """Return the outcomes of tables of DECISION_SCHEMA and VERDICT_SCHEMA; verdicts on other payments are left out."""
    row = pc.index_in(verdicts["end_to_end_id"], value_set=decisions["end_to_end_id"].combine_chunks())
    ours = verdicts.filter(pc.is_valid(row))
    rows = np.asarray(pc.drop_null(row).to_numpy(), dtype=np.int64)
    known, fraud = _micros(ours["known_at"]), _mask(ours["is_fraud"])
    order = np.lexsort((fraud, known, rows))
    return Outcomes(decisions, replays, rows[order], known[order], fraud[order])


def outcome_files(lake: Path, table: str) -> list[Path]:
    """Return the files of `decisions` or `verdicts`, by day."""
    return sorted((lake / "outcomes" / table).glob("decided_date=*/*.parquet"))


def micros(duration: timedelta) -> int:
    """Return a duration in microseconds."""
    return duration // timedelta(microseconds=1)


def micros_of(moment: datetime) -> int:
    """Return a time as microseconds since the epoch; one without an offset is UTC."""
    utc = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    return micros(utc - datetime(1970, 1, 1, tzinfo=UTC))


def _read(paths: list[Path], schema: pa.Schema, start: date | None, end: date | None) -> pa.Table:
    days = [(path, date.fromisoformat(path.parent.name.partition("=")[2])) for path in paths]
    wanted = [p for p, day in days if (start is None or day >= start) and (end is None or day < end)]
    try:
        tables = [pq.read_table(path, partitioning=None).cast(schema) for path in wanted]
    except (OSError, pa.ArrowException, ValueError) as error:
        raise OutcomesError(f"outcomes are damaged ({error}); run ingest_labels again") from error
    return pa.concat_tables([schema.empty_table(), *tables])


def _micros(column: pa.ChunkedArray) -> Int64s:
    return np.asarray(column.cast(pa.int64()).to_numpy(), dtype=np.int64)


def _mask(column: pa.ChunkedArray) -> NDArray[np.bool_]:
    return np.asarray(column.to_numpy(), dtype=np.bool_)
