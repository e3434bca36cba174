"""What was decided, and what becomes known of it and when: tables of the outcomes' own schemas, kept in memory.

A payment that was let through is reported as the simulator says, late or never. One that was stopped is looked at by an
analyst within half a day, who finds the truth.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pixguard.laptop.story.world import DAY_US, Bools, Int64s, World
from pixguard.outcomes import DECISION_SCHEMA, VERDICT_SCHEMA, Outcomes, VerdictSource, outcomes_of
from pixguard.outcomes.contract import PAYMENT_COLUMNS
from pixguard.outcomes.table import micros_of
from pixguard.payment.schema import LABEL_SCHEMA

LOOKED_AT_US = DAY_US // 2
_OWN = ("version", "score", "probability", "decision", "propensity")


class Books:
    """Decisions and verdicts of all days so far."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._decisions: list[pa.Table] = []
        self._verdicts: list[pa.Table] = []
        self._rows: list[Int64s] = []
        self._stopped: list[Bools] = []

    def add(self, rows: Int64s, decided: Sequence[Mapping[str, Any]]) -> None:
        """Take a day's decisions, and what will become known of them."""
        payments = self._world.payments.take(rows)
        own: dict[str, Any] = {name: [each[name] for each in decided] for name in _OWN}
        own |= {name: payments[name] for name in PAYMENT_COLUMNS}
        own |= {name: pa.repeat(False, len(rows)) for name in ("degraded", "replay")}
        times = pa.array([datetime.fromisoformat(each["decided_at"]) for each in decided], pa.timestamp("us", "UTC"))
        table = pa.table({"end_to_end_id": payments["end_to_end_id"], "decided_at": times, **own})
        stopped = np.array([each["decision"] != "approve" for each in decided], dtype=np.bool_)
        self._decisions.append(table.select(DECISION_SCHEMA.names).cast(DECISION_SCHEMA))
        self._verdicts += [self._reports(rows[~stopped]), self._looks(rows[stopped])]
        self._rows.append(rows)
        self._stopped.append(stopped)

    def outcomes(self, days: int | None = None, *, analysts: bool = True) -> Outcomes:
        """Return the outcomes of the last so many days (None: all); without `analysts`, what reports alone tell."""
        first = 0 if days is None else max(0, len(self._decisions) - days)
        verdicts = pa.concat_tables(self._verdicts[2 * first :])
        if not analysts:
            verdicts = verdicts.filter(pc.not_equal(verdicts["source"], str(VerdictSource.ANALYST)))
        decisions = pa.concat_tables(self._decisions[first:]).combine_chunks()
        return outcomes_of(decisions, DECISION_SCHEMA.empty_table(), verdicts)

    def truth(self) -> Bools:
        """Return what each decided payment really was, in the order of `outcomes()`."""
        return self._world.is_fraud[np.concatenate(self._rows)]

    def lost_brl(self, day: int) -> float:
        """Return the money of victims that was let through on a day; what moves on later is the same money again."""
        rows = self._rows[day][~self._stopped[day]]
        lost = rows[self._world.is_fraud[rows] & (self._world.hop[rows] == 0)]
        return float(pc.sum(self._world.payments["amount_centavos"].take(lost)).as_py() or 0) / 100

    def labels(self, known_by: datetime) -> pa.Table:
        """Return all labels that are known by a moment (LABEL_SCHEMA): of history, and of what was decided since."""
        before = pa.array(self._world.event_us < micros_of(self._world.plan.begins))
        history = self._world.payments["end_to_end_id"].filter(before).combine_chunks()
        reports = self._world.labels.filter(pc.is_in(self._world.labels["end_to_end_id"], value_set=history))
        parts = [reports, *(each.select(LABEL_SCHEMA.names) for each in self._verdicts)]
        known = pa.concat_tables([part.cast(LABEL_SCHEMA) for part in parts])
        return known.filter(pc.less_equal(known["known_at"], pa.scalar(known_by, pa.timestamp("us", "UTC"))))

    def known(self, known_by: datetime, days: int) -> dict[str, bool]:
        """Return what is known by a moment of the payments of the last so many days: whether each is fraud."""
        recent = pa.concat_tables(self._verdicts[-2 * days :]) if days else VERDICT_SCHEMA.empty_table()
        recent = recent.filter(pc.less_equal(recent["known_at"], pa.scalar(known_by, pa.timestamp("us", "UTC"))))
        return dict(zip(recent["end_to_end_id"].to_pylist(), recent["is_fraud"].to_pylist(), strict=True))

    def _reports(self, rows: Int64s) -> pa.Table:
        ids = self._world.payments["end_to_end_id"].take(rows).combine_chunks()
        found = self._world.labels.filter(pc.is_in(self._world.labels["end_to_end_id"], value_set=ids))
        source = pa.repeat(str(VerdictSource.MED_CLAIM), found.num_rows)
        return _verdicts({**{name: found[name] for name in LABEL_SCHEMA.names}, "source": source})

    def _looks(self, rows: Int64s) -> pa.Table:
        return _verdicts(
            {
                "end_to_end_id": self._world.payments["end_to_end_id"].take(rows),
                "source": pa.repeat(str(VerdictSource.ANALYST), len(rows)),
                "is_fraud": pa.array(self._world.is_fraud[rows]),
                "situation": pa.nulls(len(rows), pa.string()),
                "known_at": pa.array(self._world.event_us[rows] + LOOKED_AT_US).cast(pa.timestamp("us", "UTC")),
            }
        )


def _verdicts(columns: Mapping[str, Any]) -> pa.Table:
    return pa.table(dict(columns)).select(VERDICT_SCHEMA.names).cast(VERDICT_SCHEMA)


def window_days(maturity: timedelta, recent_days: int) -> int:
    """Return how many days hold all that has matured within `recent_days`."""
    return maturity.days + recent_days + 1
