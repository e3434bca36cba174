"""Payments in the making: a struct of equally long NumPy arrays, with codes instead of names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from pixguard.simulate.config import Story
from pixguard.simulate.randomness import Ints, Mask

Codes = NDArray[np.int8]

CHOSEN_LATER = -1
NO_DEVICE = -2


class Initiation(IntEnum):
    """How a payment was initiated; the names are the contract's."""

    MANUAL = 0
    DICT = 1
    STATIC_QRCODE = 2
    DYNAMIC_QRCODE = 3
    PAYMENT_INITIATOR = 4


class Purpose(IntEnum):
    """What a payment is for; the names are the contract's."""

    TRANSFER = 0
    WITHDRAWAL = 1
    CHANGE = 2


@dataclass(frozen=True)
class Traffic:
    """Payments, one array [rows] a field.

    `time_us` is UTC microseconds, `payer` and `payee` index the world's accounts, `device` the devices
    (`CHOSEN_LATER`: the payer's usual ones, `NO_DEVICE`: none), `registered` is 0, 1 or `CHOSEN_LATER`,
    `chain` numbers the fraud case (-1: none), `hop` the movements since the victim (0: the victim's own payment).
    """

    time_us: Ints
    amount_centavos: Ints
    payer: Ints
    payee: Ints
    initiation: Codes
    purpose: Codes
    device: Ints
    registered: Codes
    story: Codes
    chain: Ints
    hop: Codes

    def __len__(self) -> int:
        return len(self.time_us)

    def take(self, rows: Ints | Mask) -> Traffic:
        """Return the chosen rows, by index or mask."""
        return Traffic(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})


def traffic(
    time_us: Ints,
    amount_centavos: Ints,
    payer: Ints,
    payee: Ints,
    initiation: Initiation | Codes,
    *,
    purpose: Purpose | Codes = Purpose.TRANSFER,
    device: int | Ints = CHOSEN_LATER,
    registered: int | Codes = CHOSEN_LATER,
    story: Story = Story.HONEST,
    chain: int | Ints = -1,
    hop: int | Codes = 0,
) -> Traffic:
    """Return payments of the given columns; a single value stands for all rows."""
    rows = len(time_us)

    def codes(value: int | Codes) -> Codes:
        return np.ascontiguousarray(np.broadcast_to(np.asarray(value, dtype=np.int8), (rows,)))

    def wide(value: int | Ints) -> Ints:
        return np.ascontiguousarray(np.broadcast_to(np.asarray(value, dtype=np.int64), (rows,)))

    return Traffic(
        wide(time_us), wide(amount_centavos), wide(payer), wide(payee), codes(initiation), codes(purpose),
        wide(device), codes(registered), codes(story), wide(chain), codes(hop),
    )  # fmt: skip


def concatenate(parts: Iterable[Traffic]) -> Traffic:
    """Return all rows of all parts, in order."""
    kept = list(parts)
    return Traffic(**{f.name: np.concatenate([getattr(p, f.name) for p in kept]) for f in fields(Traffic)})
