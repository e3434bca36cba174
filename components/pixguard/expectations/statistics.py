"""What a lake of payments is like as a whole, in numbers small enough to keep: the baseline of the next run."""
# ruff: noqa: S608 (names and literals are quoted; none comes from a request)

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Self

import duckdb
import pyarrow.parquet as pq

from pixguard.lake import LakeError, write_json
from pixguard.payment.schema import PAYMENT_FIELDS, Kind
from pixguard.sql import quoted

Histogram = dict[str, int]
CHOICES = tuple(field.name for field in PAYMENT_FIELDS if field.kind is Kind.CHOICE)
NULLABLE = tuple(field.name for field in PAYMENT_FIELDS if not field.required)
# Amounts in quarters of a decade, as log10 of centavos.
_AMOUNT_BIN = "floor(log10(greatest(amount_centavos, 1)) * 4) / 4"
_HOUR_BIN = "hour(event_time)"


@dataclass(frozen=True)
class Statistics:
    """Of all payments and labels: counts, the newest time, shares of nulls, histograms by name of what they count."""

    rows: int
    days: int
    span_days: int
    newest: datetime
    rejected: int
    labelled: int
    frauds: int
    null_shares: dict[str, float]
    histograms: dict[str, Histogram]

    @property
    def rows_per_day(self) -> float:
        """Payments a day, over the days from the first to the newest payment."""
        return self.rows / self.span_days

    @property
    def fraud_share(self) -> float:
        """Known frauds among all payments."""
        return self.frauds / self.rows

    @property
    def reject_share(self) -> float:
        """Rejected rows among all rows that came in."""
        return self.rejected / (self.rows + self.labelled + self.rejected)

    def write(self, path: Path) -> None:
        """Keep the numbers as JSON, atomically."""
        path.parent.mkdir(parents=True, exist_ok=True)
        write_json(path, {**asdict(self), "newest": self.newest.isoformat()})

    @classmethod
    def read(cls, path: Path) -> Self | None:
        """Return the numbers kept in `path`, None if there are none; LakeError if the file is damaged."""
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
            known = {field.name: kept[field.name] for field in fields(cls)}
            return cls(**{**known, "newest": datetime.fromisoformat(known["newest"])})
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError) as error:
            raise LakeError(f"{path} is damaged ({error}): delete it to begin a new baseline") from error


def measure(connection: duckdb.DuckDBPyConnection, rejected: int) -> Statistics:
    """Return the statistics of the views `payments`, which is not empty, and `labels`."""
    nulls = ", ".join(f"avg(({quoted(name)} IS NULL)::INT)" for name in NULLABLE)
    query = "SELECT count(*), count(DISTINCT event_time::DATE), min(event_time), max(event_time)"
    ((rows, days, first, newest, *shares),) = connection.sql(f"{query}, {nulls} FROM payments").fetchall()
    labelled, frauds = _count_labels(connection)
    histograms = {name: _histogram(connection, quoted(name)) for name in CHOICES}
    histograms["amount_centavos"] = _histogram(connection, _AMOUNT_BIN)
    histograms["hour"] = _histogram(connection, _HOUR_BIN)
    return Statistics(
        rows=rows,
        days=days,
        span_days=(newest.date() - first.date()).days + 1,
        newest=newest,
        rejected=rejected,
        labelled=labelled,
        frauds=frauds,
        null_shares={name: float(share) for name, share in zip(NULLABLE, shares, strict=True)},
        histograms=histograms,
    )


def _count_labels(connection: duckdb.DuckDBPyConnection) -> tuple[int, int]:
    """Return how many payments have a label, and how many are frauds by their newest label."""
    newest = "SELECT arg_max(is_fraud, known_at) AS is_fraud FROM labels GROUP BY end_to_end_id"
    ((labelled, frauds),) = connection.sql(
        f"SELECT count(*), count(*) FILTER (WHERE is_fraud) FROM ({newest})"
    ).fetchall()
    return labelled, frauds


def _histogram(connection: duckdb.DuckDBPyConnection, value: str) -> Histogram:
    """Return how many payments have each value, the null written as `null`, sorted by value."""
    query = f"SELECT coalesce(({value})::VARCHAR, 'null') AS value, count(*) FROM payments GROUP BY 1 ORDER BY 1"
    return dict(connection.sql(query).fetchall())


def stability_index(expected: Mapping[str, int], found: Mapping[str, int]) -> float:
    """Return the population stability index of two histograms: 0 if alike, above 0.25 a significant shift.

    Sum over bins of (f - e) * ln(f / e) of the shares, half a row added to each bin (Siddiqi, Credit Risk Scorecards,
    2006).
    """
    bins = sorted({*expected, *found})
    total_e, total_f = (sum(histogram.values()) + len(bins) / 2 for histogram in (expected, found))
    shares = (((found.get(one, 0) + 0.5) / total_f, (expected.get(one, 0) + 0.5) / total_e) for one in bins)
    return sum((f - e) * math.log(f / e) for f, e in shares)


def count_rejected(folder: Path) -> int:
    """Return how many rows the rejects of all inputs hold; 0 if there is no such folder."""
    return sum(pq.read_metadata(file).num_rows for file in folder.glob("*/*.parquet"))
