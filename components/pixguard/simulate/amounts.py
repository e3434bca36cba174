"""What payments amount to, centavos: human roundings, shelf prices, and the limits that regulation sets."""

from __future__ import annotations

import numpy as np

from pixguard.simulate.randomness import Floats, Ints, chance, choose

# BCB, PIX.md: limits for natural persons at night and for a device that is not registered.
NIGHT_LIMIT_CENTAVOS = 1_000_00
UNREGISTERED_LIMIT_CENTAVOS = 200_00
LARGEST_CENTAVOS = 2_000_000_00


def lognormal(rng: np.random.Generator, median_reais: float | Floats, sigma: float, size: int) -> Ints:
    """Return amounts with the given median (reais) and log-scale spread, at least 1 centavo."""
    reais = np.asarray(median_reais) * np.exp(sigma * rng.standard_normal(size))
    return np.clip(np.round(reais * 100), 1, LARGEST_CENTAVOS).astype(np.int64)


def rounded(rng: np.random.Generator, amount: Ints, share: float) -> Ints:
    """Round a share of the amounts as people do: to 5, 10, 50, 100 or 500 reais by size; others to whole reais."""
    step = np.select([amount < 50_00, amount < 200_00, amount < 1_000_00, amount < 5_000_00], [5, 10, 50, 100], 500)
    step_centavos = np.where(chance(rng, 0.75, len(amount)), step, 1).astype(np.int64) * 100
    nice = np.maximum(step_centavos, np.round(amount / step_centavos).astype(np.int64) * step_centavos)
    return np.where(chance(rng, share, len(amount)), nice, amount)


def priced(rng: np.random.Generator, amount: Ints, share: float = 0.6) -> Ints:
    """Give a share of the amounts the endings of shelf prices: ,00 ,50 ,90 ,99."""
    ending = np.array([0, 50, 90, 99])[choose(rng, np.array([0.45, 0.15, 0.25, 0.15]), len(amount))]
    shelf = np.maximum(1_00, amount // 100 * 100) + ending
    return np.where(chance(rng, share, len(amount)), shelf, amount)


def below(rng: np.random.Generator, amount: Ints, limit_centavos: Ints | int) -> Ints:
    """Bring amounts above their limit below it: the payer sends what is allowed, often nearly all of it."""
    allowed = limit_centavos * (1 - 0.7 * rng.random(len(amount)) ** 2.5)
    whole = np.maximum(1_00, rounded(rng, allowed.astype(np.int64), 0.8))
    return np.where(amount > limit_centavos, np.minimum(whole, limit_centavos), amount)
