"""Randomness by name: independent streams of one seed, weighted choices without loops, and hashing of integers."""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
_SECOND_KEY = 0xD1B54A32D192ED03


def stream(seed: int, name: str) -> np.random.Generator:
    """Return the generator called `name`: what one part of the world draws never shifts what another draws."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, zlib.crc32(name.encode())])))


def choose(rng: np.random.Generator, weights: Floats, size: int) -> Ints:
    """Return `size` indices drawn with replacement in proportion to `weights`."""
    edges = np.cumsum(weights)
    drawn = np.searchsorted(edges, rng.random(size) * edges[-1], side="right")
    return np.asarray(np.minimum(drawn, len(weights) - 1), dtype=np.int64)


def chance(rng: np.random.Generator, probability: float | Floats, size: int) -> Mask:
    """Return `size` independent coin flips."""
    return np.asarray(rng.random(size) < probability, dtype=bool)


def zipf(count: int, exponent: float = 1.0, offset: float = 3.0) -> Floats:
    """Return Zipf-Mandelbrot weights 1 / (rank + offset) ** exponent, rank from 0."""
    return np.asarray((np.arange(count) + offset) ** -exponent, dtype=np.float64)


def splitmix64(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the SplitMix64 finaliser of each value, a bijection of 64 bits (Steele, Lea, Flood 2014)."""
    with np.errstate(over="ignore"):
        z = values + np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return np.asarray(z ^ (z >> np.uint64(31)), dtype=np.uint64)


def keyed_hash(values: NDArray[np.integer], seed: int, name: str) -> NDArray[np.uint64]:
    """Return 64 bits for each value that look uniform and differ with the seed and the name; equal only if equal."""
    first = splitmix64(np.array([seed], dtype=np.uint64) ^ np.uint64(zlib.crc32(name.encode()) << 32))
    # A second key that no value can cancel: with the same one twice, value 0 hashes alike under every seed.
    second = splitmix64(first ^ np.uint64(_SECOND_KEY))
    return splitmix64(splitmix64(values.astype(np.uint64) ^ first) ^ second)
