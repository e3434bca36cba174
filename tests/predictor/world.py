"""A small world to serve: payments, the state of their keys, and a signed version trained on both within seconds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from pixguard.calibration import Calibration
from pixguard.candidate import Candidate, write_candidate
from pixguard.dataset import Rows
from pixguard.declaration import FeatureSet
from pixguard.features import PIX
from pixguard.kinds import COUNTERPARTY, KEY_COLUMNS
from pixguard.model import ModelConfig
from pixguard.online import OnlineFeatures, StateKey
from pixguard.online_store import open_online_store
from pixguard.payment import Payment
from pixguard.provenance import KeptVersion, VersionParts, keep_version
from pixguard.state import append, event_rows, layouts
from pixguard.training import TrainingConfig, train
from tests.provenance.parts import FACTS, VERDICT, record

START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
CONFIG = TrainingConfig(epochs=5, min_honest=200, batch_rows=64, model=ModelConfig(bins=4, embedding=4, width=32))


def token(number: int) -> str:
    return f"k1.{number:032x}"


def payments(count: int, seed: int = 0, accounts: int = 30) -> list[Payment]:
    """Return payments over 40 days, a few of them large and at night, as frauds are."""
    random = np.random.default_rng(seed)
    made = []
    for number, minutes in enumerate(np.sort(random.uniform(0, 40 * 24 * 60, count))):
        when = START + timedelta(minutes=float(minutes))
        payer, payee = random.choice(accounts, 2, replace=False)
        made.append(
            Payment(
                end_to_end_id=f"E12345678{when:%Y%m%d%H%M}{seed:03d}{number:08d}",
                event_time=when,
                amount_centavos=int(random.lognormal(9, 1.2)) + 1,
                payer_id=token(int(payer)),
                payee_id=token(int(payee)),
                device_id=token(1000 + int(payer)) if random.random() < 0.9 else None,
                payer_ispb="12345678",
                payee_ispb="87654321",
                key_type=str(random.choice(["CPF", "EMAIL", "EVP"])),
                initiation="DICT",
                purpose="TRANSFER",
                device_registered=bool(random.random() < 0.95),
                payer_account_age_days=int(random.integers(1, 4000)),
                payee_account_age_days=int(random.integers(1, 4000)) if random.random() < 0.8 else None,
                payer_region="SP",
                payee_dict_settlements_d90=int(random.integers(0, 500)),
                payee_dict_fraud_markers_d90=int(random.integers(0, 3)),
            )
        )
    return made


def as_json(payment: Payment) -> dict[str, Any]:
    """Return a payment as a client sends it."""
    found: dict[str, Any] = orjson.loads(orjson.dumps(payment))
    return {name: value for name, value in found.items() if value is not None}


def states_of(past: Iterable[Payment], feature_set: FeatureSet = PIX) -> dict[StateKey, bytes]:
    """Return the state that payments leave on their keys."""
    events: dict[StateKey, list[tuple[int, int, int, int]]] = defaultdict(list)
    plan = layouts(feature_set)
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


def write_states(address: str, states: Mapping[StateKey, bytes], feature_set: FeatureSet = PIX) -> None:
    """Write states into a store."""
    store = open_online_store(address, feature_set)
    for entity in {key.entity for key in states}:
        store.write(entity, {key.key: blob for key, blob in states.items() if key.entity == entity})
    store.close()


def rows_of(some: Sequence[Payment], states: Mapping[StateKey, bytes]) -> Rows:
    """Return training rows; what is large, from a young account or towards a marked payee is often fraud."""
    online = OnlineFeatures(PIX)
    found = [states.get(key) if key else None for payment in some for key in online.keys(payment)]
    amounts = np.array([payment.amount_centavos for payment in some])
    marked = np.array([payment.payee_dict_fraud_markers_d90 or 0 for payment in some])
    odds = 1.2 * (np.log(amounts) - 10.5) + 1.0 * marked - 3.0
    y = np.random.default_rng(1).random(len(some)) < 1 / (1 + np.exp(-odds))
    return Rows(
        end_to_end_id=np.array([payment.end_to_end_id for payment in some], dtype=object),
        payer_id=np.array([payment.payer_id for payment in some], dtype=object),
        event_time=np.array([payment.event_time.replace(tzinfo=None) for payment in some], dtype="datetime64[us]"),
        x_rf=online.vectors(some, found).x_rf,
        y=y,
    )


@dataclass(frozen=True)
class World:
    """What a test serves from."""

    folder: Path
    version: KeptVersion
    past: tuple[Payment, ...]
    states: Mapping[StateKey, bytes]

    @cached_property
    def public_key(self) -> Path:
        return self.folder / "signing.pem.pub"

    @cached_property
    def store(self) -> str:
        """The address of a SQLite store that holds the states."""
        address = f"sqlite://{self.folder}/online.db"
        write_states(address, self.states)
        return address

    def later(self, count: int, seed: int = 7) -> list[Payment]:
        """Return payments that nobody saw yet, of the same people, after the past."""
        moved = []
        for number, payment in enumerate(payments(count, seed)):
            when = START + timedelta(days=40, seconds=number)
            name = f"E12345678{when:%Y%m%d%H%M}{payment.end_to_end_id[-11:]}"
            values = {field: getattr(payment, field) for field in payment.__slots__}
            moved.append(Payment(**values | {"event_time": when, "end_to_end_id": name}))
        return moved


def make_world(folder: Path) -> World:
    """Simulate, train, keep and sign."""
    past = payments(1500)
    states = states_of(past)
    rows = rows_of(past, states)
    fit, stop = _part(rows, slice(0, 1100)), _part(rows, slice(1100, None))
    model, _ = train(fit, stop, CONFIG)
    candidate = Candidate(model, PIX.names, Calibration(1.0, 1.0, 0.0, rows=400, frauds=60), PIX, ())
    write_candidate(candidate, fit, folder / "model")
    parts = VersionParts(folder / "model", VERDICT, FACTS)
    version = keep_version(parts, folder / "versions", folder / "signing.pem", record)
    return World(folder, version, tuple(past), states)


def _part(rows: Rows, which: slice) -> Rows:
    return Rows(
        rows.end_to_end_id[which], rows.payer_id[which], rows.event_time[which], rows.x_rf[which], rows.y[which]
    )
