import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss

from pixguard.metrics import MetricError, brier, expected_calibration_error, reliability


def rare_frauds(seed: int = 1, rows: int = 400_000) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    p = rng.beta(0.05, 8, rows)
    return rng.random(rows) < p, p


def test_brier_equals_scikit_learn() -> None:
    y, p = rare_frauds()
    assert brier(y, p) == pytest.approx(brier_score_loss(y, p))


def test_true_probabilities_have_a_small_error_and_doubled_ones_do_not() -> None:
    y, p = rare_frauds()
    assert expected_calibration_error(y, p) < 0.15 * y.mean()
    assert expected_calibration_error(y, np.minimum(2 * p, 1)) > 0.7 * y.mean()


def test_bins_hold_equal_expected_fraud() -> None:
    y, p = rare_frauds()
    table = reliability(y, p, bins=10)
    expected = np.array([each.rows * each.predicted for each in table])
    assert len(table) == 10
    np.testing.assert_allclose(expected, p.sum() / 10, rtol=0.01)
    assert sum(each.rows for each in table) == y.size
    assert [each.predicted for each in table] == sorted(each.predicted for each in table)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 4)), min_size=1, max_size=40), st.integers(1, 8))
def test_bins_lose_no_row_and_never_split_equal_probabilities(rows: list[tuple[bool, int]], bins: int) -> None:
    y = np.array([each for each, _ in rows])
    p = np.array([each / 4 for _, each in rows])
    table = reliability(y, p, bins)
    assert sum(each.rows for each in table) == y.size
    assert sum(each.rows * each.observed for each in table) == pytest.approx(y.sum())
    assert len({each.predicted for each in table}) == len(table) <= np.unique(p).size


def test_all_zero_probabilities_make_one_bin() -> None:
    assert expected_calibration_error([0, 1], [0.0, 0.0]) == 0.5


def test_scores_outside_zero_and_one_are_refused() -> None:
    with pytest.raises(MetricError, match="calibrate scores first"):
        brier([0, 1], [0.5, 1.5])
    with pytest.raises(MetricError, match="bins: 0"):
        reliability([0, 1], [0.5, 0.5], bins=0)
