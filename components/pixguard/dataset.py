"""Feature rows and the labels known by a cut-off → arrays for training, early stopping and judging.

Only what was known at the cut-off teaches: a payment counts once it is mature (`maturity` after it happened), with the
label that was the latest known at the cut-off; a mature payment without any label is honest. Judged rows come after the
cut-off, with labels as they are known later. Suffixes: `x_rf` float32 [rows, features], raw feature values, NaN = null.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from pixguard.errors import PixguardError

KEYS = ("end_to_end_id", "event_time", "payer_id")
REFERENCE_BINS = 10  # deciles: what a population stability index is commonly computed over

Table: TypeAlias = pa.Table | pd.DataFrame


class DatasetError(PixguardError):
    """Tables or a split that nothing can be learned from; the message says which rows or columns are lacking."""


@dataclass(frozen=True)
class Rows:
    """Labelled payments in order of time: keys [rows], raw features `x_rf` [rows, features], `y` bool [rows]."""

    end_to_end_id: NDArray[np.object_]
    payer_id: NDArray[np.object_]
    event_time: NDArray[np.datetime64]  # [us], UTC
    x_rf: NDArray[np.float32]
    y: NDArray[np.bool_]

    def __len__(self) -> int:
        return self.y.size

    @property
    def frauds(self) -> int:
        """Number of fraud rows."""
        return int(self.y.sum())

    def take(self, chosen: NDArray[Any]) -> Rows:
        """Return the rows of a mask or of positions."""
        columns = (self.end_to_end_id, self.payer_id, self.event_time, self.x_rf, self.y)
        return Rows(*(column[chosen] for column in columns))

    def followed_by(self, later: Rows) -> Rows:
        """Return these rows and then the later ones."""
        return Rows(*(np.concatenate([getattr(self, f.name), getattr(later, f.name)]) for f in fields(self)))


@dataclass(frozen=True)
class TrainingSet:
    """Rows to fit on, later rows that stop training, still later rows to judge on; `names` orders the features."""

    names: tuple[str, ...]
    fit: Rows
    stop: Rows
    judged: Rows
    cut_off: datetime

    @cached_property
    def taught(self) -> Rows:
        """Rows that a candidate learns from: those to fit on, and those that stop training."""
        return self.fit.followed_by(self.stop)


@dataclass(frozen=True)
class TimeSplit:
    """Where time cuts the rows.

    Labels known by `cut_off` teach on payments from `start` (None: all history) that were mature then; the latest
    `stop_share` of them stops training. Payments from `cut_off` until `end` (None: all) that are mature at `known_by`
    (None: the last label's time) are judged with the labels known then.
    """

    cut_off: datetime
    maturity: timedelta
    start: datetime | None = None
    end: datetime | None = None
    known_by: datetime | None = None
    stop_share: float = 0.15

    def __post_init__(self) -> None:
        for name in ("cut_off", "start", "end", "known_by"):
            moment = getattr(self, name)
            if moment is not None and moment.utcoffset() != timedelta(0):
                raise DatasetError(f"{name}: {moment} is not in UTC; give a time with tzinfo=UTC")
        if not 0 < self.stop_share < 1:
            raise DatasetError(f"stop_share: {self.stop_share}, wanted a share between 0 and 1")


def training_set(table: Table, labels: Table, names: Sequence[str], split: TimeSplit) -> TrainingSet:
    """Return fit, stop and judged rows of a retrieved table with the features `names`.

    `table` has end_to_end_id, event_time, payer_id and the features; `labels` end_to_end_id, is_fraud, known_at.
    Raises DatasetError where a part has no fraud or no honest row, or where the table is not one row a payment.
    """
    frame, marks = _frame(table, (*KEYS, *names)), _frame(labels, ("end_to_end_id", "is_fraud", "known_at"))
    known_by = split.known_by or _last_known(marks, split.cut_off)
    before = (split.start, split.cut_off - split.maturity)
    after = (split.cut_off, _earliest(split.end, known_by - split.maturity))
    taught = _checked("training", _rows(frame, marks, names, before, split.cut_off))
    judged = _checked("judged", _rows(frame, marks, names, after, known_by))
    first_stop = np.quantile(taught.event_time.astype(np.int64), 1 - split.stop_share).astype("datetime64[us]")
    stops = taught.event_time >= first_stop
    return TrainingSet(
        names=tuple(names),
        fit=_checked("fit", taught.take(~stops)),
        stop=_checked("stop", taught.take(stops)),
        judged=judged,
        cut_off=split.cut_off,
    )


def labels_known_by(labels: pd.DataFrame, moment: datetime) -> pd.Series:
    """Return is_fraud by end_to_end_id as it was known at `moment`: of several labels the latest `known_at` wins.

    Labels of one payment and one `known_at` that differ count as fraud: no report is lost.
    """
    known = labels[labels["known_at"] <= pd.Timestamp(moment)]
    latest = known.sort_values(["known_at", "is_fraud"]).drop_duplicates("end_to_end_id", keep="last")
    return latest.set_index("end_to_end_id")["is_fraud"].astype(bool)


def reference_distributions(rows: Rows, names: Sequence[str]) -> dict[str, Any]:
    """Return per feature its median, missing share, inner bin edges and share of rows per bin, ready for JSON.

    Medians stand in for features that cannot be had in time; edges and shares are what drift is measured against.
    A feature has at most REFERENCE_BINS bins; bin i holds edges[i - 1] <= value < edges[i].
    """
    columns = zip(names, rows.x_rf.T.astype(np.float64), strict=True)
    return {"rows": len(rows), "features": {name: _distribution(values) for name, values in columns}}


def _distribution(values: NDArray[np.float64]) -> dict[str, Any]:
    present = values[~np.isnan(values)]
    if not present.size:
        return {"median": 0.0, "missing_share": 1.0, "edges": [], "shares": []}
    cuts = np.quantile(present, np.linspace(0, 1, REFERENCE_BINS + 1)[1:-1], method="nearest")
    edges = np.unique(cuts[cuts > present.min()])
    counts = np.bincount(np.searchsorted(edges, present, side="right"), minlength=edges.size + 1)
    return {
        "median": float(np.median(present)),
        "missing_share": 1 - present.size / values.size,
        "edges": edges.tolist(),
        "shares": (counts / present.size).tolist(),
    }


def _frame(table: Table, columns: Sequence[str]) -> pd.DataFrame:
    have = table.column_names if isinstance(table, pa.Table) else list(table.columns)
    missing = sorted(set(columns) - set(have))
    if missing:
        raise DatasetError(f"table lacks the columns {', '.join(missing)}; retrieve them with the features")
    frame: pd.DataFrame = table.select(list(columns)).to_pandas() if isinstance(table, pa.Table) else table
    return frame[list(columns)]


def _rows(
    frame: pd.DataFrame,
    labels: pd.DataFrame,
    names: Sequence[str],
    period: tuple[datetime | None, datetime],
    known_by: datetime,
) -> Rows:
    """Return the payments of a period [start, end) with their labels as known at a moment, in order of time."""
    start, end = period
    inside = frame["event_time"] < pd.Timestamp(end)
    if start is not None:
        inside &= frame["event_time"] >= pd.Timestamp(start)
    chosen = frame[inside].sort_values(["event_time", "end_to_end_id"])
    if chosen["end_to_end_id"].duplicated().any():
        raise DatasetError("table holds a payment more than once; retrieve one row for each end_to_end_id")
    fraud = chosen["end_to_end_id"].map(labels_known_by(labels, known_by))
    return Rows(
        end_to_end_id=chosen["end_to_end_id"].to_numpy(dtype=object),
        payer_id=chosen["payer_id"].to_numpy(dtype=object),
        event_time=chosen["event_time"].dt.tz_convert("UTC").dt.tz_localize(None).to_numpy(dtype="datetime64[us]"),
        x_rf=np.ascontiguousarray(chosen[list(names)].to_numpy(dtype=np.float32)),
        y=(fraud == True).to_numpy(dtype=bool),  # noqa: E712 - a payment without a label is NaN here, hence honest
    )


def _checked(part: str, rows: Rows) -> Rows:
    if not 0 < rows.frauds < len(rows):
        raise DatasetError(f"{part} rows: {len(rows)}, of them {rows.frauds} frauds; take a longer period")
    if np.isinf(rows.x_rf).any():
        raise DatasetError(f"{part} rows: a feature is infinite; mend its declaration")
    return rows


def _last_known(labels: pd.DataFrame, cut_off: datetime) -> datetime:
    if labels.empty:
        raise DatasetError("no label at all; ingest labels first")
    last: datetime = labels["known_at"].max().to_pydatetime()
    return max(last, cut_off)


def _earliest(end: datetime | None, mature: datetime) -> datetime:
    return mature if end is None else min(end, mature)
