import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2, entropy

from pixguard.metrics.divergence import _chi_square, jensen_shannon, stability_index, stability_noise

histograms = st.lists(st.integers(0, 500), min_size=4, max_size=4).filter(any)


@given(histograms, histograms)
def test_both_are_symmetric_not_negative_and_zero_of_equals(one: list[int], other: list[int]) -> None:
    for distance in (stability_index, jensen_shannon):
        assert distance(one, other) == pytest.approx(distance(other, one))
        assert distance(one, other) >= -1e-12
        assert distance(one, one) == pytest.approx(0)
    assert jensen_shannon(one, other) <= 1


@given(histograms, histograms)
def test_jensen_shannon_is_the_textbooks(one: list[int], other: list[int]) -> None:
    p, q = np.array(one) / sum(one), np.array(other) / sum(other)
    middle = (p + q) / 2
    expected = (entropy(p, middle, base=2) + entropy(q, middle, base=2)) / 2
    assert jensen_shannon(one, other) == pytest.approx(expected, abs=1e-9)


@given(histograms, histograms)
def test_bins_that_nobody_uses_change_nothing_and_many_are_done_at_once(one: list[int], other: list[int]) -> None:
    assert stability_index([*one, 0, 0], [*other, 0, 0]) == pytest.approx(stability_index(one, other))
    both = stability_index(np.stack([one, other]), np.stack([other, other]))
    assert both == pytest.approx([float(stability_index(one, other)), 0])


def test_nothing_on_a_side_is_no_error() -> None:
    assert jensen_shannon([0, 0], [0, 0]) == 0
    assert stability_index([0, 0], [0, 0]) == 0


def test_two_samples_of_one_source_exceed_the_noise_as_often_as_said() -> None:
    rng, shares = np.random.default_rng(1), np.array([0.4, 0.3, 0.2, 0.1])
    a, b = (rng.multinomial(n, shares, size=4000) for n in (3000, 20_000))
    beyond = stability_index(a, b) > stability_noise(a, b, 0.01)
    assert 0.004 < beyond.mean() < 0.02
    assert stability_noise(a[0], b[0], 0.01, 4.0) == pytest.approx(4 * stability_noise(a[0], b[0], 0.01))


@pytest.mark.parametrize("degrees", [1, 3, 9])
def test_the_quantile_is_chi_squares(degrees: int) -> None:
    assert _chi_square(np.array(float(degrees)), 0.001) == pytest.approx(chi2.isf(0.001, degrees), rel=0.04)
