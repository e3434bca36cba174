"""Days of a version whose customers have seasons, and what may change in them."""

from collections.abc import Iterable
from datetime import date, timedelta

import numpy as np

from pixguard.drift import OWN, DayCounts, DayKind, kind_of
from pixguard.drift.measures import MISSING, WIDTH

NAMES = ("steady", "seasonal", "clock", *OWN)
START = date(2026, 9, 1)
SHARES = {
    "steady": [0.2] * 5,
    "seasonal": [0.1, 0.2, 0.3, 0.25, 0.15],
    "score": [0.7, 0.2, 0.06, 0.03, 0.01],
    "decision": [0.99, 0.009, 0.001],
    "state_age": [0.3, 0.4, 0.3],
    "degraded": [0.999, 0.001],
}
PULL = {DayKind.WORKING: 0.0, DayKind.WEEKEND: 0.3, DayKind.PAYDAY: 0.5, DayKind.FESTIVE: 0.8}


def shares_of(day: date) -> dict[str, np.ndarray]:
    """What is usual on a day: the seasonal feature leans to its upper bins, the clock's is all of one or the other."""
    pulled = np.array(SHARES["seasonal"]) * np.exp(PULL[kind_of(day)] * np.arange(5) / 2)
    found = {name: np.array(shares) for name, shares in SHARES.items()}
    return found | {"seasonal": pulled / pulled.sum(), "clock": np.eye(2)[int(day.weekday() >= 5)]}


def counts_of(
    day: date, rng: np.random.Generator, *, rows: int = 20_000, changed: dict[str, list[float]] | None = None,
    missing: dict[str, float] | None = None, banks: Iterable[str] = ("10000000", "20000000"),
    of_bank: dict[str, dict[str, list[float]]] | None = None,
) -> DayCounts:  # fmt: skip
    usual = {**shares_of(day), **{name: np.array(each) for name, each in (changed or {}).items()}}

    def table(size: int, shares: dict[str, np.ndarray]) -> np.ndarray:
        counts = np.zeros((len(NAMES), WIDTH), dtype=np.int64)
        for place, name in enumerate(NAMES):
            absent = round(size * (missing or {}).get(name, 0))
            counts[place, : len(shares[name])] = rng.multinomial(size - absent, shares[name])
            counts[place, MISSING] = absent
        return counts

    names = tuple(banks)
    parts = [
        table(rows // len(names), usual | {k: np.array(v) for k, v in ((of_bank or {}).get(bank) or {}).items()})
        for bank in names
    ]
    whole = np.sum(parts, axis=0)
    return DayCounts(day, "v1", NAMES, {"all": (("all",), whole[None]), "payer_ispb": (names, np.stack(parts))})


def reference(rows: int = 100_000) -> np.ndarray:
    """The training data: all kinds of days mixed; decisions and state are not in a reference."""
    counts = np.zeros((len(NAMES), WIDTH), dtype=np.int64)
    days = [shares_of(START - timedelta(days=n)) for n in range(1, 61)]
    for place, name in enumerate(NAMES[:4]):
        mixed = np.mean([each[name] for each in days], axis=0)
        counts[place, : mixed.size] = np.round(mixed * rows)
    return counts
