"""The world that a story plays in: some weeks of history, the days to live through, and every payment's features.

Features look strictly back and know nothing of the model, so one pass computes those of all days; a label counts in
them from the moment it became known. The world does not react: what is stopped is still in the history of its accounts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from datetime import time as clock
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray
from rich.console import Console

from pixguard.features import PIX
from pixguard.jobs import build_features, build_training_set, ingest_payments, simulate_payments
from pixguard.outcomes.table import micros_of
from pixguard.simulate import DEFAULT_TYPOLOGIES, SimulationConfig, Story, TypologyShare

DAY_US = 86_400 * 10**6
Int64s = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Plan:
    """What is told: how long, how much, and what begins when."""

    per_day: int = 3_000
    history_days: int = 90  # features reach back 30, and are warm in all forty days that teach the first model
    days: int = 90
    new_day: int = 40
    share: float = 4.0  # of cases, beside 1.0 of all that was there before: a wave
    prevalence: float = 0.045  # with the wave, before it a fifth: in a small world few frauds are a lumpy stream
    seed: int = 7

    @property
    def config(self) -> SimulationConfig:
        """The simulation that the story plays in."""
        whole = self.history_days + self.days
        new = TypologyShare(Story.CONSENT_ABUSE, self.share, self.history_days + self.new_day)
        return SimulationConfig(
            payments=self.per_day * whole, days=whole, seed=self.seed, prevalence=self.prevalence,
            typologies=(*DEFAULT_TYPOLOGIES, new),
        )  # fmt: skip

    @property
    def begins(self) -> datetime:
        """The first moment of the story's day 0."""
        return datetime.combine(self.config.start_date, clock(), UTC) + timedelta(days=self.history_days)

    def moment(self, day: int) -> datetime:
        """Return the first moment of a day."""
        return self.begins + timedelta(days=day)


@dataclass(frozen=True)
class World:
    """Payments in order of time with all that is true of them; `rows` is the table to train on, of the same rows."""

    plan: Plan
    payments: pa.Table  # PAYMENT_SCHEMA
    labels: pa.Table  # LABEL_SCHEMA: reports, as they come where a payment is let through
    rows: pa.Table
    is_fraud: Bools
    hop: Int64s  # 0 where a victim pays
    changes: bool = True  # something new begins in it

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The features."""
        return tuple(name for name in PIX.names if name in self.rows.column_names)

    @cached_property
    def x_rf(self) -> NDArray[np.float32]:
        """All features [rows, features]."""
        return np.stack([self.rows[name].to_numpy() for name in self.names], axis=1)

    @cached_property
    def event_us(self) -> Int64s:
        """Time of each payment."""
        return np.asarray(self.payments["event_time"].cast(pa.int64()).to_numpy(), dtype=np.int64)

    def on(self, day: int) -> Int64s:
        """Return the rows of a day."""
        ends = [micros_of(self.plan.moment(n)) for n in (day, day + 1)]
        first, last = np.searchsorted(self.event_us, ends)
        return np.arange(first, last)


def worlds(plan: Plan, folder: Path, console: Console, *, change: bool = True) -> tuple[World | None, World]:
    """Return the world in which something new begins (None where it is not wanted), and the same one without that.

    The calm world is the other one without the chains of the new typology; until they begin the two are one.
    """
    simulate_payments.run(config=plan.config, out=folder / "input", replace=True, console=console)
    payments, labels, truth = (pq.read_table(folder / "input" / f"{name}.parquet") for name in
                               ("payments", "labels", "truth"))  # fmt: skip
    new = truth.filter(pc.equal(truth["typology"], Story.CONSENT_ABUSE.name.lower()))
    chains = pc.unique(new["chain_id"])
    calm = pc.fill_null(pc.invert(pc.is_in(truth["chain_id"], value_set=chains)), True)
    calm = pc.or_(calm, pc.is_null(truth["chain_id"]))
    quiet = payments.filter(calm)
    known = labels.filter(pc.is_in(labels["end_to_end_id"], value_set=quiet["end_to_end_id"].combine_chunks()))
    if not change:
        calm_rows = _rows(quiet, known, folder / "calm", plan)
        return None, replace(_world(plan, quiet, known, truth, calm_rows), changes=False)
    whole = _rows(payments, labels, folder / "change", plan)
    later = _rows(quiet, known, folder / "calm", plan, plan.moment(plan.new_day))
    before = whole.filter(pc.less(whole["event_time"], pa.scalar(plan.moment(plan.new_day), whole["event_time"].type)))
    both = pa.concat_tables([before.replace_schema_metadata(), later.replace_schema_metadata()])
    calm_world = replace(_world(plan, quiet, known, truth, both), changes=False)
    return _world(plan, payments, labels, truth, whole), calm_world


def _rows(payments: pa.Table, labels: pa.Table, folder: Path, plan: Plan, since: datetime | None = None) -> pa.Table:
    """Return the table to train on of the payments since a moment: ingested, computed and fetched as ever."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in (("payments", payments), ("labels", labels)):
        pq.write_table(table, folder / f"{name}.parquet")
    lake = folder / "lake"
    ingest_payments.run(input=folder / "payments.parquet", labels=folder / "labels.parquet", mapping="simulator",
                        lake=lake)  # fmt: skip
    build_features.run(lake=lake, start=since.date() if since else None)
    start, end = since or plan.moment(-plan.history_days), plan.moment(plan.days)
    made = build_training_set.run(lake=lake, feature_set=PIX, start=start, end=end, out=folder / "rows.parquet")
    return pq.read_table(made.path)


def _world(plan: Plan, payments: pa.Table, labels: pa.Table, truth: pa.Table, rows: pa.Table) -> World:
    """Bring all into the order of the rows; a payment that the contract refused is in none."""
    ids = rows["end_to_end_id"].combine_chunks()
    place, of_truth = (pc.index_in(ids, value_set=table["end_to_end_id"].combine_chunks())
                       for table in (payments, truth))  # fmt: skip
    truth = truth.take(of_truth)
    hop = np.asarray(pc.fill_null(truth["hop"], -1).to_numpy(), dtype=np.int64)
    is_fraud = np.asarray(truth["is_fraud"].to_numpy(), dtype=np.bool_)
    return World(plan, payments.take(place), labels, rows, is_fraud, hop)
