"""The bounds hold at every look, and are as tight as published ones."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixguard.metrics.divergence import bins_moved, stability_index
from pixguard.rollout.sequences import bins_moved_low, quantile_bounds, share_bounds


@pytest.mark.parametrize("truth", [0.001, 0.02, 0.5])
def test_a_share_stays_within_its_bounds_at_every_look(truth: float) -> None:
    """4,000 streams, each looked at after every one of its 600 observations: at most 10 % may ever leave."""
    rng = np.random.default_rng(1)
    hits = np.cumsum(rng.random((4000, 600)) < truth, axis=1)
    looks = np.arange(1, 601)
    left = np.zeros(4000, dtype=bool)
    for n in looks[(looks <= 20) | (looks % 20 == 0)]:
        distinct, where = np.unique(hits[:, n - 1], return_inverse=True)
        low, high = share_bounds(distinct, n, 0.1)
        left |= ((low > truth) | (high < truth))[where]
    assert left.mean() <= 0.1 + 3 * math.sqrt(0.1 * 0.9 / 4000)


def test_an_interval_for_one_look_would_not_keep_its_promise() -> None:
    """The test above can fail: Wilson's interval of the same level loses the truth of far more streams."""
    rng = np.random.default_rng(1)
    n = np.arange(1, 601)
    share = np.cumsum(rng.random((1000, 600)) < 0.5, axis=1) / n
    z2 = 1.645**2
    middle, half = (
        (share + z2 / 2 / n) / (1 + z2 / n),
        1.645 / (1 + z2 / n) * np.sqrt(share * (1 - share) / n + z2 / 4 / n**2),
    )
    assert (abs(middle - 0.5) > half).any(axis=1).mean() > 0.4


def test_bounds_are_where_the_mixture_reaches_its_level() -> None:
    """Against the definition with scipy's beta function."""
    from scipy.special import betaln

    low, high = share_bounds([7, 7], [90, 90], [0.05, 0.001])
    for p, alpha in zip([*low, *high], [0.05, 0.001] * 2, strict=True):
        value = betaln(7.5, 83.5) - betaln(0.5, 0.5) - 7 * math.log(p) - 83 * math.log1p(-p)
        assert value == pytest.approx(math.log(1 / alpha), abs=1e-6)


@given(st.integers(0, 500), st.integers(0, 500), st.floats(1e-6, 0.5))
def test_bounds_surround_the_share_and_widen_with_the_level(hits: int, misses: int, alpha: float) -> None:
    low, high = share_bounds(hits, hits + misses, alpha)
    wider_low, wider_high = share_bounds(hits, hits + misses, alpha / 10)
    share = hits / (hits + misses) if hits + misses else 0.5
    assert 0 <= wider_low <= low <= share <= high <= wider_high <= 1


def test_nothing_seen_bounds_nothing() -> None:
    assert [float(bound) for bound in share_bounds(0, 0, 0.05)] == [0, 1]
    assert quantile_bounds([1.0, 2.0], [0, 0], 0.5, 0.05) is None
    assert quantile_bounds([], [], 0.5, 0.05) is None
    assert bins_moved_low([0, 0], [5, 5], 0.05) == 0


@pytest.mark.parametrize("quantile", [0.5, 0.99])
def test_a_quantile_stays_within_its_bounds_at_every_look(quantile: float) -> None:
    rng = np.random.default_rng(2)
    edges = [float(edge) for edge in np.linspace(0.1, 8, 80)]
    truth = edges[int(np.searchsorted(edges, -math.log(1 - quantile)))]
    left = 0
    for _ in range(300):
        counts = np.zeros(80)
        for _ in range(20):
            values = np.minimum(rng.exponential(size=50), 8)
            counts += np.bincount(np.searchsorted(edges, values), minlength=80)
            bounds = quantile_bounds(edges, counts, quantile, 0.1)
            assert bounds is not None
            if not bounds[0] <= truth <= bounds[1]:
                left += 1
                break
    assert left / 300 <= 0.1 + 3 * math.sqrt(0.1 * 0.9 / 300)


def test_a_quantile_is_found_with_enough_values() -> None:
    edges = [float(i) for i in range(1, 101)]
    low, high = quantile_bounds(edges, [1000] * 100, 0.99, 0.001) or (0, 0)
    assert 97 <= low <= 99 <= high <= 100


def test_how_far_scores_moved_is_bounded_from_below() -> None:
    counts, others = [0, 0, 500, 500], [500, 500, 0, 0]
    assert bins_moved(counts, others) == pytest.approx(2.0)
    assert 1.5 < bins_moved_low(counts, others, 0.001) < 2.0
    assert bins_moved_low(counts, counts, 0.001) == 0
    assert bins_moved([0, 1000, 0], [0, 0, 1000]) == 1.0  # the same mass on two sides of an edge


def test_the_stability_index_is_the_textbook_one() -> None:
    counts, others = [400, 300, 200, 100], [100, 200, 300, 400]
    p, q = np.array(counts) / 1000, np.array(others) / 1000
    expected = float(np.sum((p - q) * np.log(p / q)))
    assert stability_index(counts, others) == pytest.approx(expected, rel=0.02)
