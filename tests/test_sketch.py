"""The distinct-count sketch keeps its stated error, and merging is counting the union."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pixguard.sketch import BITS, ESTIMATES, SATURATED, estimate


def bitmap(values: set[int]) -> np.ndarray:
    bits = 0
    for value in values:
        bits |= 1 << value
    return np.array([bits], dtype=np.uint64)


@given(st.sets(st.integers(0, BITS - 1)), st.sets(st.integers(0, BITS - 1)))
def test_merging_is_the_union(one: set[int], other: set[int]) -> None:
    assert estimate(bitmap(one) | bitmap(other))[0] == ESTIMATES[len(one | other)]


def test_the_sign_bit_counts_too() -> None:
    assert estimate(np.array([-1], dtype=np.int64))[0] == SATURATED


def test_the_stated_error_holds() -> None:
    draw = np.random.default_rng(0)
    for values, bound in ((5, 0.12), (20, 0.11), (60, 0.11), (200, 0.22)):
        bits = draw.integers(0, BITS, (4000, values)).astype(np.uint64)
        maps = np.bitwise_or.reduce(np.uint64(1) << bits, axis=1)
        errors = (estimate(maps) - values) / values
        assert np.sqrt((errors**2).mean()) < bound, values
