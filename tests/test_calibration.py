import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from pixguard.calibration import Calibration, CalibrationError, fit
from pixguard.metrics import expected_calibration_error, roc_auc

TRAINED = np.datetime64("2025-03-01T00:00:00")


def rows(n: int = 200_000, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels, true probabilities, times."""
    rng = np.random.default_rng(seed)
    p = rng.beta(0.1, 5, n)
    return rng.random(n) < p, p, TRAINED + rng.integers(1, 10**9, n).astype("timedelta64[s]")


def shifted(p: np.ndarray, log_odds: float) -> np.ndarray:
    return p * np.exp(log_odds) / (1 - p + p * np.exp(log_odds))


def test_true_probabilities_stay_as_they_are() -> None:
    y, p, times = rows()
    calibration = fit(y, p, event_time=times, trained_until=TRAINED)
    assert (calibration.a, calibration.b) == pytest.approx((1, 1), abs=0.25)
    np.testing.assert_allclose(calibration.apply(p)[p > 1e-4], p[p > 1e-4], rtol=0.25)


def test_a_class_weight_in_training_is_undone() -> None:
    y, p, times = rows()
    score = shifted(p, np.log(50))  # what a loss with frauds weighted 50-fold learns
    calibration = fit(y, score, event_time=times, trained_until=TRAINED)
    later_y, later_p, _ = rows(seed=1)
    assert expected_calibration_error(later_y, shifted(later_p, np.log(50))) > 5 * later_y.mean()
    assert expected_calibration_error(later_y, calibration.apply(shifted(later_p, np.log(50)))) < 0.1 * later_y.mean()


def test_sampled_honest_rows_count_for_those_left_out() -> None:
    y, p, times = rows()
    kept = y | (np.random.default_rng(2).random(y.size) < 0.1)
    sampled = fit(y[kept], p[kept], event_time=times[kept], trained_until=TRAINED, honest_kept=0.1)
    assert sampled.apply(p).mean() == pytest.approx(y.mean(), rel=0.03)
    naive = fit(y[kept], p[kept], event_time=times[kept], trained_until=TRAINED)
    assert naive.apply(p).mean() > 2 * y.mean()


def test_equals_logistic_regression_on_the_same_two_logs() -> None:
    y, p, times = rows(20_000)
    score = shifted(p, 2.0)
    ours = fit(y, score, event_time=times, trained_until=TRAINED)
    design = np.column_stack([np.log(score), -np.log1p(-score)])
    theirs = LogisticRegression(C=np.inf, tol=1e-10, max_iter=10_000).fit(design, y)
    assert (ours.a, ours.b, ours.c) == pytest.approx(
        (*theirs.coef_[0], theirs.intercept_[0]), rel=0.02
    )  # the prior is weak


@given(st.floats(0.01, 5), st.floats(0.01, 5), st.floats(-10, 3), st.lists(st.floats(0, 1), min_size=2, max_size=30))
def test_order_is_kept_and_probabilities_are_probabilities(a: float, b: float, c: float, scores: list[float]) -> None:
    probabilities = Calibration(a, b, c, rows=1, frauds=1).apply(np.sort(scores))
    assert (np.diff(probabilities) >= 0).all()
    assert ((probabilities >= 0) & (probabilities <= 1)).all()


def test_a_saturated_score_and_separable_rows_stay_finite() -> None:
    times = np.full(200, TRAINED + np.timedelta64(1, "D"))
    y = np.arange(200) >= 150
    calibration = fit(y, y.astype(np.float32), event_time=times, trained_until=TRAINED)
    low, high = calibration.apply([0.0, 1.0])
    assert 0 < low < 0.02
    assert 0.95 < high < 1


def test_a_negative_slope_is_fixed_at_zero_and_the_ranking_survives() -> None:
    rng = np.random.default_rng(8)
    s = rng.random(5_000)
    y = rng.random(5_000) < np.where(s > 0.5, 0.2, 0.4 * s)  # flat above 0.5: b would be negative
    calibration = fit(y, s, event_time=np.full(5_000, TRAINED + 1), trained_until=TRAINED)
    assert min(calibration.a, calibration.b) == 0
    assert roc_auc(y, calibration.apply(s)) == pytest.approx(roc_auc(y, s))


def test_a_score_the_wrong_way_round_is_refused() -> None:
    y, p, times = rows(5_000)
    with pytest.raises(CalibrationError, match="turned round"):
        fit(y, 1 - p, event_time=times, trained_until=TRAINED)


def test_rows_of_the_training_period_are_refused() -> None:
    y, p, times = rows(5_000)
    times[7] = TRAINED
    with pytest.raises(CalibrationError, match=r"begin 2025-03-01T00:00:00\.000000 but training ends 2025-03-01"):
        fit(y, p, event_time=times, trained_until=TRAINED)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"score": np.full(100, 1.5)}, "apply the sigmoid first"),
        ({"score": np.full(100, np.nan)}, "100 of 100 values are not finite"),
        ({"y": np.arange(100) < 19}, "19 frauds among 100 rows"),
        ({"y": np.ones(100)}, "100 frauds among 100 rows"),
        ({"honest_kept": 0.0}, "honest_kept: 0.0"),
    ],
)
def test_unusable_rows_are_named(change: dict[str, object], message: str) -> None:
    good = {
        "y": np.arange(100) < 30,
        "score": np.linspace(1, 0, 100),
        "event_time": np.full(100, TRAINED + 1),
        "trained_until": TRAINED,
    }
    with pytest.raises(CalibrationError, match=message):
        fit(**(good | change))


def test_a_file_brings_back_the_same_calibration(tmp_path: Path) -> None:
    calibration = Calibration(0.9, 1.1, -3.25, rows=1000, frauds=30, honest_kept=0.1)
    path = tmp_path / "calibration.json"
    path.write_text(json.dumps(calibration.to_json()))
    assert Calibration.load(path) == calibration


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "calibration.json: "),
        ('{"method": "isotonic"}', "this version reads 'beta'"),
        ('{"method": "beta", "a": 1}', "missing"),
        ('{"method": "beta", "a": -1, "b": 0, "c": 0, "rows": 1, "frauds": 1}', "wanted finite"),
        ('{"method": "beta", "a": NaN, "b": 0, "c": 0, "rows": 1, "frauds": 1}', "wanted finite"),
    ],
)
def test_a_broken_file_is_refused_by_name(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "calibration.json"
    path.write_text(text)
    with pytest.raises(CalibrationError, match=message):
        Calibration.load(path)


def test_scores_out_of_range_are_refused_at_serving() -> None:
    with pytest.raises(CalibrationError, match="wanted 0 to 1"):
        Calibration(1, 1, 0, rows=1, frauds=1).apply([0.2, 1.2])


@given(st.floats(0, 1), st.floats(0.01, 5), st.floats(0, 5), st.floats(-8, 8))
def test_one_score_is_calibrated_as_many_are(score: float, a: float, b: float, c: float) -> None:
    fitted = Calibration(a, b, c, rows=1, frauds=1)
    assert fitted.apply_one(score) == pytest.approx(float(fitted.apply(score)), rel=1e-9)
