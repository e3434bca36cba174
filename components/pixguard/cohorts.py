"""The groups of payments that models are watched and compared in: one value a payment for each, never null.

Bands are fixed before any payment is seen. Hours are Brasília's, as the limits of Pix are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pixguard.request_features import local_hour

AMOUNT_BANDS_CENTAVOS = (5_000, 20_000, 100_000, 500_000)  # the last but one: R$ 1,000, the night limit of persons
AGE_BANDS_DAYS = (7, 30, 180, 730)  # new accounts carry most of the mules
AS_THEY_ARE = ("payer_ispb", "payee_ispb", "key_type", "initiation", "payer_region", "device_registered")
COHORTS = (*AS_THEY_ARE, "amount_band", "hour", "payer_account_age", "payee_account_age")
NONE = "none"  # the data lack the field for this payment


def cohorts_of(columns: Mapping[str, Sequence[Any]], event_us: NDArray[np.int64]) -> dict[str, list[str]]:
    """Return cohort → value of each payment, from columns of the contract (absent: unknown for all of them)."""
    rows, nothing = len(event_us), [None] * len(event_us)
    found = {
        name: [NONE if value is None else str(value) for value in columns.get(name, nothing)] for name in AS_THEY_ARE
    }
    found["amount_band"] = amount_bands(columns["amount_centavos"])
    found["hour"] = [f"{hour:02d}" for hour in local_hour(event_us).tolist()]
    for side in ("payer", "payee"):
        ages = columns.get(f"{side}_account_age_days", nothing)
        found[f"{side}_account_age"] = age_bands(ages) if rows else []
    return found


def amount_bands(amount_centavos: ArrayLike) -> list[str]:
    """Return the band of each amount, such as `R$ 200 to 1,000`."""
    return _banded(np.asarray(amount_centavos, dtype=np.int64), AMOUNT_BANDS_CENTAVOS, AMOUNT_BAND_NAMES)


def age_bands(days: Sequence[int | None]) -> list[str]:
    """Return the band of each account's age, `none` where it is not known."""
    known = np.array([-1 if day is None else day for day in days], dtype=np.int64)
    names = _banded(known, AGE_BANDS_DAYS, _AGE_BAND_NAMES)
    return [NONE if day < 0 else name for day, name in zip(known.tolist(), names, strict=True)]


def _banded(values: NDArray[np.int64], edges: Sequence[int], names: Sequence[str]) -> list[str]:
    return [names[place] for place in np.searchsorted(edges, values, side="right").tolist()]


def _names(edges: Sequence[str], unit: str, after: str = "") -> tuple[str, ...]:
    middle = (f"{unit}{low} to {high}{after}" for low, high in pairwise(edges))
    return (f"below {unit}{edges[0]}{after}", *middle, f"{unit}{edges[-1]}{after} and more")


AMOUNT_BAND_NAMES = _names([f"{each // 100:,}" for each in AMOUNT_BANDS_CENTAVOS], "R$ ")
_AGE_BAND_NAMES = _names([str(each) for each in AGE_BANDS_DAYS], "", " days")
