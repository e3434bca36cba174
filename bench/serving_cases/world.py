"""What every case serves: payments to ask about, the state of their keys, Feast's views of it, a signed version."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pixguard.calibration import Calibration
from pixguard.candidate import Candidate, write_candidate
from pixguard.dataset import Rows
from pixguard.features import PIX
from pixguard.kinds import COUNTERPARTY, KEY_COLUMNS
from pixguard.online import OnlineFeatures, StateKey
from pixguard.online_store import open_online_store
from pixguard.payment import Payment, check_one
from pixguard.provenance import KeptVersion, TrainingFacts, VersionParts, collect, keep_version
from pixguard.simulate import SimulationConfig, simulate
from pixguard.state import append, event_rows, layouts
from pixguard.training import TrainingConfig, train

ASKED = 2_000


@dataclass(frozen=True)
class World:
    folder: Path
    past: Sequence[Payment]
    asked: Sequence[Payment]  # later than all of the past
    states: Mapping[StateKey, bytes]
    version: KeptVersion
    public_key: Path
    facts: TrainingFacts


def make_world(folder: Path, data: Path | None, count: int) -> World:
    """Take up to `count` payments, the last of them to be asked about; train on the others for a few epochs."""
    payments = [check_one({k: v for k, v in row.items() if v is not None}) for row in _rows(data, count)]
    payments.sort(key=lambda payment: payment.event_time)
    past, asked = payments[: -min(ASKED, len(payments) // 4)], payments[-min(ASKED, len(payments) // 4) :]
    states = states_of(past)
    version, facts = _version(folder, past, states)
    return World(folder, past, asked, states, version, folder / "signing.pem.pub", facts)


def _rows(data: Path | None, count: int) -> list[dict[str, Any]]:
    if data is None:
        table = simulate(SimulationConfig(payments=count, days=60, seed=5)).payments
    else:
        table = pq.read_table(data)
    table = table.select([name for name in table.column_names if name in Payment.__slots__]).slice(0, count)
    rows: list[dict[str, Any]] = table.set_column(
        table.column_names.index("event_time"),
        "event_time",
        table["event_time"].cast(pa.timestamp("us", "UTC")),
    ).to_pylist()
    return rows


def states_of(past: Sequence[Payment]) -> dict[StateKey, bytes]:
    """Return the state that payments leave; labels leave none here, which spares no path."""
    events: dict[StateKey, list[tuple[int, int, int, int]]] = defaultdict(list)
    plan = layouts(PIX)
    for payment in past:
        at = round(payment.event_time.timestamp() * 1_000_000)
        for entity, layout in plan.items():
            for number, kind in enumerate(layout.kinds):
                parts = [getattr(payment, column) for column in KEY_COLUMNS[entity, kind.role]]
                if kind.source == "payments" and None not in parts:
                    bit = int(getattr(payment, COUNTERPARTY[entity, kind.role])[-2:], 16) % 64
                    events[StateKey(entity, "|".join(parts))].append((at, payment.amount_centavos, number, bit))
    return {
        key: append(plan[key.entity], None, event_rows(*np.array(rows, dtype=np.int64).T))
        for key, rows in events.items()
    }


def write_states(address: str, states: Mapping[StateKey, bytes]) -> None:
    store = open_online_store(address, PIX, timeout_s=30)
    for entity in ("account", "device", "pair"):
        store.write(entity, {key.key: blob for key, blob in states.items() if key.entity == entity})
    store.close()


def found_states(payments: Sequence[Payment], states: Mapping[StateKey, bytes]) -> list[bytes | None]:
    online = OnlineFeatures(PIX)
    return [states.get(key) if key else None for payment in payments for key in online.keys(payment)]


def _version(
    folder: Path, past: Sequence[Payment], states: Mapping[StateKey, bytes]
) -> tuple[KeptVersion, TrainingFacts]:
    """Keep a model of the real size; what it has learned does not matter to its speed."""
    some = past[-6_000:]
    x_rf = OnlineFeatures(PIX).vectors(some, found_states(some, states)).x_rf
    amounts = np.array([payment.amount_centavos for payment in some], dtype=np.float64)
    y = np.random.default_rng(1).random(len(some)) < 1 / (1 + np.exp(-(np.log(amounts) - 12.5)))
    cut = len(some) * 3 // 4
    fit, stop = (_part(some, x_rf, y, rows) for rows in (slice(0, cut), slice(cut, None)))
    model, _ = train(fit, stop, TrainingConfig(epochs=2))
    write_candidate(Candidate(model, PIX.names, Calibration(1, 1, 0, 1000, 50), PIX, ()), fit, folder / "model")
    facts = TrainingFacts(
        "Bench", "payments", "ab" * 32, 0, "torch", _iso(fit, 0), _iso(stop, -1), len(fit), fit.frauds, PIX.names
    )
    return keep(folder, folder / "model", facts), facts


def keep(folder: Path, model: Path, facts: TrainingFacts) -> KeptVersion:
    """Sign what lies in `model` as a version, with the world's key."""
    verdict = {"passed": True, "outcome": "passed", "rows": 1, "frauds": 1, "checks": [], "cohorts": []}
    return keep_version(
        VersionParts(model, verdict | {"metrics": {"challenger": {}}}, facts),
        folder / "versions",
        folder / "signing.pem",
        lambda version: collect(version=version, data_snapshot_sha256="ab" * 32, seed=0, kept_by="bench"),
    )


def _part(some: Sequence[Payment], x_rf: Any, y: Any, which: slice) -> Rows:
    part = some[which]
    return Rows(
        end_to_end_id=np.array([payment.end_to_end_id for payment in part], dtype=object),
        payer_id=np.array([payment.payer_id for payment in part], dtype=object),
        event_time=np.array([payment.event_time.replace(tzinfo=None) for payment in part], dtype="datetime64[us]"),
        x_rf=x_rf[which],
        y=y[which],
    )


def _iso(rows: Rows, place: int) -> str:
    return f"{np.datetime_as_string(rows.event_time[place], unit='us')}+00:00"
