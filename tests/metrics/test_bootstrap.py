import time
from functools import partial

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from pixguard.metrics import (
    Measured,
    MetricError,
    UndefinedIntervalError,
    average_precision,
    bootstrap,
    brier,
    joint_bootstrap,
    paired_bootstrap,
    precision_at_budget,
    recall_at_fpr,
    roc_auc,
    value_detection_rate,
)


def two_models(rows: int = 4_000, seed: int = 5) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    y = rng.random(rows) < 0.03
    good = y * 1.5 + rng.normal(size=rows)
    return y, good, good + rng.normal(size=rows), rng.integers(0, rows // 4, rows)


def test_a_better_model_has_an_interval_above_zero_and_itself_one_of_zero() -> None:
    y, good, worse, payer = two_models()
    gain = paired_bootstrap(average_precision, y, good, worse, payer, n=200)
    assert 0 < gain.low < gain.estimate < gain.high
    assert gain.estimate == pytest.approx(average_precision(y, good) - average_precision(y, worse))
    nothing = paired_bootstrap(average_precision, y, good, good, payer, n=50)
    assert (nothing.estimate, nothing.low, nothing.high) == (0, 0, 0)


def test_equals_a_bootstrap_written_out_with_scikit_learn() -> None:
    y, good, worse, _ = two_models(600)
    rng = np.random.default_rng(9)
    draws = [rng.integers(y.size, size=y.size) for _ in range(60)]
    gains = [average_precision_score(y[i], good[i]) - average_precision_score(y[i], worse[i]) for i in draws]
    ours = paired_bootstrap(average_precision, y, good, worse, n=60, seed=9)
    assert (ours.low, ours.high) == pytest.approx(tuple(np.quantile(gains, [0.025, 0.975])))


def test_whole_payers_are_drawn() -> None:
    y = np.array([1, 1, 0, 0] * 50)
    s = np.linspace(0, 1, 200)
    one_payer_all_frauds = np.where(y == 1, "a", "b")
    with pytest.raises(UndefinedIntervalError, match="too few frauds"):
        bootstrap(roc_auc, y, s, one_payer_all_frauds, n=100)
    assert bootstrap(roc_auc, y, s, n=100).low > 0


def test_repeated_rows_of_a_payer_widen_the_interval() -> None:
    y, good, _, _ = two_models(1_000)
    times = np.full(y.size, 4)
    payer = np.arange(y.size).repeat(times)
    alone = bootstrap(average_precision, y.repeat(times), good.repeat(times), n=200)
    grouped = bootstrap(average_precision, y.repeat(times), good.repeat(times), payer, n=200)
    assert grouped.high - grouped.low > 1.5 * (alone.high - alone.low)


def test_the_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    covered = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        y = rng.random(500) < 0.3
        interval = bootstrap(roc_auc, y, y + rng.normal(size=500), n=100, seed=seed, level=0.9)
        covered += interval.low <= 0.76025 <= interval.high  # Phi(1 / sqrt 2)
    assert 46 <= covered <= 60


def test_further_columns_follow_the_order_of_scores() -> None:
    y, good, worse, payer = two_models()
    amount = np.random.default_rng(2).integers(100, 90_000, y.size)
    money = partial(value_detection_rate, budget=0.01)
    gain = paired_bootstrap(money, y, good, worse, payer, n=50, rows={"amount": amount})
    wanted = value_detection_rate(y, good, amount, 0.01) - value_detection_rate(y, worse, amount, 0.01)
    assert gain.estimate == pytest.approx(wanted)
    assert gain.low <= gain.estimate <= gain.high


def test_other_metrics_of_the_same_form_work_and_seeds_repeat() -> None:
    y, good, worse, payer = two_models()
    first = paired_bootstrap(partial(recall_at_fpr, fpr=0.01), y, good, worse, payer, n=50, seed=4)
    again = paired_bootstrap(partial(recall_at_fpr, fpr=0.01), y, good, worse, payer, n=50, seed=4)
    other = paired_bootstrap(partial(recall_at_fpr, fpr=0.01), y, good, worse, payer, n=50, seed=5)
    assert first == again != other
    p = 1 / (1 + np.exp(3 - good))
    assert bootstrap(brier, y, p, n=20).low < brier(y, p)


def test_100_thousand_rows_and_500_resamples_take_seconds() -> None:
    y, good, worse, payer = two_models(100_000)
    start = time.process_time()
    paired_bootstrap(average_precision, y, good, worse, payer, n=500)
    assert time.process_time() - start < 10  # about 1 s on an idle core


def test_bad_arguments_are_named() -> None:
    y, good, worse, payer = two_models(100)
    with pytest.raises(MetricError, match=r"groups: shape \(99,\)"):
        bootstrap(roc_auc, y, good, payer[1:])
    with pytest.raises(MetricError, match="n: 1 resamples"):
        bootstrap(roc_auc, y, good, n=1)
    with pytest.raises(MetricError, match="level: 95"):
        bootstrap(roc_auc, y, good, n=10, level=95)
    with pytest.raises(MetricError, match="score: 1 of 100 values are not finite"):
        paired_bootstrap(roc_auc, y, good, np.append(worse[1:], np.nan))


def test_skipping_over_runs_of_honest_rows_changes_nothing() -> None:
    y, good, worse, payer = two_models(500)
    good, worse = good.round(1), worse.round(1)  # ties of frauds with honest rows
    amount = np.arange(1.0, y.size + 1)
    for metric, rows in (
        (average_precision, {}),
        (roc_auc, {}),
        (partial(recall_at_fpr, fpr=0.05), {}),
        (partial(precision_at_budget, budget=0.05), {}),
        (partial(value_detection_rate, budget=0.05), {"amount": amount}),
    ):
        fast = paired_bootstrap(metric, y, good, worse, payer, n=20, rows=rows)
        every_row = paired_bootstrap(lambda *a, m=metric, **b: m(*a, **b), y, good, worse, payer, n=20, rows=rows)
        assert (fast.estimate, fast.low, fast.high) == pytest.approx(
            (every_row.estimate, every_row.low, every_row.high)
        )


def test_many_metrics_of_many_models_in_one_go_equal_each_alone() -> None:
    y, good, worse, payer = two_models(800)
    measured = {"ap": Measured(average_precision), "auc": Measured(roc_auc), "money": Measured(first_column, {"c": y})}
    draws = joint_bootstrap(measured, y, {"good": good, "worse": worse}, payer, n=30)
    assert draws.interval("good", "ap") == bootstrap(average_precision, y, good, payer, n=30)
    alone = paired_bootstrap(roc_auc, y, good, worse, payer, n=30)
    assert draws.difference("good", "worse", "auc") == alone
    assert draws.interval("worse", "money").estimate == pytest.approx(y.mean())


def first_column(y: np.ndarray, s: np.ndarray, weight: np.ndarray, c: np.ndarray) -> float:
    return float(np.average(c, weights=weight))
