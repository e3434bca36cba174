"""Online state of a payment's keys + the payment → the model's input: the only such code on the request path.

NumPy only; planned once for a feature set, then the same for one payment or for thousands at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pixguard.declaration import Entity, FeatureSet
from pixguard.payment import Payment
from pixguard.state import Merger
from pixguard.vector_plan import VectorPlan

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class StateKey(NamedTuple):
    """Which state to read: an entity, and its token; a pair is `payer|payee`."""

    entity: Entity
    key: str


class Vectors(NamedTuple):
    """Model inputs, and what is known of the state they came from; arrays are [rows]."""

    x_rf: NDArray[np.float32]
    newest_event_us: NDArray[np.int64]  # time of the newest event in the state of any key; `state.blob.NEVER` if none
    is_ahead: NDArray[np.bool_]  # the payment came so late that a tile holds events after it


class OnlineFeatures:
    """The features of one set, from state: `keys`, then a read of the store, then `vectors`."""

    def __init__(self, feature_set: FeatureSet) -> None:
        self.names = feature_set.names
        self._merger = Merger(feature_set)
        self.aggregates = tuple(a.name for a in self._merger.aggregates)
        self._plan = VectorPlan(feature_set, self.aggregates)
        self._numeric, self._texts = _row_of(self._plan.numeric), _row_of(self._plan.texts)
        self.views = self._merger.views

    def keys(self, payment: Payment) -> tuple[StateKey | None, ...]:
        """Return the keys whose state the features need, one for each of `views`; None for a payment without device."""
        return tuple(_KEYS[view](payment) for view in self.views)

    def aggregate(
        self, payments: Sequence[Payment], states: Sequence[bytes | None]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
        """Return int64 [aggregates, rows] in the order of `aggregates`, and the marks of `Vectors`."""
        return self._merger.merge(times_us(payments), states)

    def vectors(self, payments: Sequence[Payment], states: Sequence[bytes | None]) -> Vectors:
        """Return the inputs of payments whose keys' states are given row by row, in the order of `keys`.

        StateError where a state is of other declarations or damaged.
        """
        times = times_us(payments)
        merged, newest, is_ahead = self._merger.merge(times, states)
        return Vectors(self._vector(payments, times, merged), newest, is_ahead)

    def from_aggregates(self, payments: Sequence[Payment], merged: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the inputs of payments whose aggregates are known, as `aggregate` returns them."""
        return self._vector(payments, times_us(payments), merged)

    def without_state(self, payments: Sequence[Payment], aggregates: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the inputs where state cannot be had and `aggregates` [aggregates] stand in for every payment's."""
        merged = np.broadcast_to(aggregates[:, None], (len(aggregates), len(payments)))
        return self._vector(payments, times_us(payments), merged)

    def _vector(
        self, payments: Sequence[Payment], times: NDArray[np.int64], merged: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        numeric = np.array([self._numeric(one) for one in payments], dtype=np.float64).T  # None is NaN
        return self._plan.vector(merged, numeric, times, [self._texts(one) for one in payments])


def times_us(payments: Sequence[Payment]) -> NDArray[np.int64]:
    """Return the payments' times, int64 [rows] in microseconds since the epoch."""
    return np.array([(payment.event_time - _EPOCH) // _MICROSECOND for payment in payments], dtype=np.int64)


def _row_of(names: Sequence[str]) -> Callable[[Payment], tuple[Any, ...]]:
    """Return what reads these attributes of a payment; `attrgetter` gives a tuple from two on."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda payment: tuple(getattr(payment, name) for name in names)


_KEYS: dict[str, Callable[[Payment], StateKey | None]] = {
    "payer": lambda payment: StateKey("account", payment.payer_id),
    "payee": lambda payment: StateKey("account", payment.payee_id),
    "device": lambda payment: StateKey("device", payment.device_id) if payment.device_id else None,
    "pair": lambda payment: StateKey("pair", f"{payment.payer_id}|{payment.payee_id}"),
}
