"""Where accounts are: federal units by population, and institutions by market share (their ISPB codes are invented)."""

from __future__ import annotations

import numpy as np

from pixguard.simulate.randomness import keyed_hash, zipf

# Residents in millions, census of 2022 (IBGE), rounded.
RESIDENTS_MILLIONS = {
    "SP": 44.4, "MG": 20.5, "RJ": 16.1, "BA": 14.1, "PR": 11.4, "RS": 10.9, "PE": 9.1, "CE": 8.8, "PA": 8.1, "SC": 7.6,
    "GO": 7.1, "MA": 6.8, "PB": 4.0, "AM": 3.9, "ES": 3.8, "MT": 3.7, "RN": 3.3, "PI": 3.3, "AL": 3.1, "DF": 2.8,
    "MS": 2.8, "SE": 2.2, "RO": 1.6, "TO": 1.5, "AC": 0.8, "AP": 0.7, "RR": 0.6,
}  # fmt: skip
REGIONS = tuple(RESIDENTS_MILLIONS)
REGION_WEIGHTS = np.array(list(RESIDENTS_MILLIONS.values()))
INSTITUTIONS = 28
INSTITUTION_WEIGHTS = zipf(INSTITUTIONS, 1.0, 2.0)


def ispb_codes(seed: int) -> tuple[str, ...]:
    """Return one distinct code of 8 digits for each institution, different ones for each seed."""
    codes: dict[str, None] = {}
    for value in keyed_hash(np.arange(4 * INSTITUTIONS), seed, "ispb"):
        codes[f"{int(value) % 100_000_000:08d}"] = None
    return tuple(codes)[:INSTITUTIONS]
