"""Payments and labels → the events of each key, by the definition's words, and states made of them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from pixguard.declaration import FeatureSet
from pixguard.kinds import COUNTERPARTY, KEY_COLUMNS
from pixguard.online import StateKey
from pixguard.payment import Payment
from pixguard.state import Folding, StateLayout, append, event_rows, layouts

Row = Mapping[str, Any]
Event = tuple[int, int, int, int]  # time, amount, kind, bit


def events(feature_set: FeatureSet, payments: Iterable[Row], labels: Iterable[Row]) -> dict[StateKey, list[Event]]:
    """Return the events of every key, in the order of their payments and labels."""
    found: dict[StateKey, list[Event]] = defaultdict(list)
    payments, labels = list(payments), list(labels)
    for entity, layout in layouts(feature_set).items():
        for number, kind in enumerate(layout.kinds):
            for row in payments if kind.source == "payments" else labels:
                if kind.only and row["is_fraud"] != (kind.only == "fraud"):
                    continue
                parts = [row.get(column) for column in KEY_COLUMNS[entity, kind.role]]
                if None in parts:
                    continue
                at = row["event_time"] + kind.delay_us if kind.source == "payments" else row["known_at"]
                bit = int(row[COUNTERPARTY[entity, kind.role]][-2:], 16) % 64 if kind.source == "payments" else 0
                found[StateKey(entity, "|".join(parts))].append((at, row["amount_centavos"], number, bit))
    return found


def built(layout: StateLayout, events: list[Event], chunk: int, **bounds: int) -> bytes:
    """Return the state that events give when they come `chunk` at a time."""
    blob: bytes | None = None
    for at in range(0, len(events), chunk):
        rows = np.array(events[at : at + chunk], dtype=np.int64)
        blob = append(layout, blob, event_rows(*rows.T), Folding(**bounds))
    assert blob is not None
    return blob


def contract(row: Row) -> Payment:
    """Return a row as the contract's payment."""
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=row["event_time"])
    return Payment(**{**row, "event_time": moment})
