"""Payments on their real way: published, folded into state by the stream, and then visible to requests."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from pixguard.errors import PixguardError
from pixguard.online import OnlineFeatures, StateKey, times_us
from pixguard.online_store import OnlineStore
from pixguard.payment import Payment, check_one
from pixguard.producer import Sender, open_sender
from pixguard.state import newest_us

PATIENCE_S, LOOK_S = 120.0, 0.01


class StreamBehindError(PixguardError):
    """What was published did not become visible; the message says where to look."""


class Live:
    """Publishes facts in their order, and waits where a payment needs to see one that is still on its way.

    A replay squeezes hours into a minute, so the second that the stream needs would be minutes of the payments' time.
    Waiting keeps it right: a payment is asked about when all that touches its keys has arrived, as it would have.
    """

    def __init__(self, sender: Sender, store: OnlineStore, features: OnlineFeatures) -> None:
        self._sender, self._store, self._features = sender, store, features
        self._on_the_way: dict[StateKey, int] = {}  # key → time of the newest payment that changes it
        self.waits_s: list[float] = []  # from publishing to visible

    def publish(self, kind: str, data: Mapping[str, Any]) -> None:
        """Send a payment or a label."""
        self._sender.send(kind, data)
        if kind == "payment":
            payment = check_one(data)
            self._on_the_way.update(dict.fromkeys(self._keys(payment), int(times_us([payment])[0])))

    def settle(self, payment: Payment) -> None:
        """Wait until nothing that the payment's features see is on its way."""
        if not self._on_the_way.keys().isdisjoint(self._keys(payment)):
            self.settle_all()

    def settle_all(self) -> None:
        """Wait until all that was published is visible; StreamBehindError where it does not arrive."""
        began = time.monotonic()
        self._sender.flush()
        while not self._arrived():
            if time.monotonic() - began > PATIENCE_S:
                raise StreamBehindError(f"payments are not visible after {PATIENCE_S:g} s; see `pixguard logs stream`")
            time.sleep(LOOK_S)
        self.waits_s.append(time.monotonic() - began)
        self._on_the_way.clear()

    def _arrived(self) -> bool:
        """Look at the newest key first: while that one has not come, the others need no look."""
        keys = list(self._on_the_way)
        return all(self._visible(some) for some in (keys[-1:], keys))

    def _visible(self, keys: Sequence[StateKey]) -> bool:
        blobs = zip(keys, self._store.read(keys), strict=True)
        return all(blob is not None and newest_us(blob) >= self._on_the_way[key] for key, blob in blobs)

    def _keys(self, payment: Payment) -> list[StateKey]:
        return [key for key in self._features.keys(payment) if key is not None]


@contextmanager
def live(address: str, store: OnlineStore, features: OnlineFeatures) -> Iterator[Live]:
    """Yield the way to the stream that reads at `address`; what was sent is published at the end."""
    sender = open_sender(address)
    try:
        yield Live(sender, store, features)
    finally:
        sender.close()
