from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from sklearn import metrics as reference

from pixguard.metrics import (
    MetricError,
    SingleClassError,
    average_precision,
    precision_at_budget,
    precision_recall_curve,
    recall_at_fpr,
    roc_auc,
    value_detection_rate,
)

Rows = tuple[NDArray[np.bool_], NDArray[np.float64]]


@st.composite
def scored_rows(draw: st.DrawFn) -> Rows:
    size = draw(st.integers(2, 60))
    y = draw(hnp.arrays(np.bool_, size))
    y[draw(st.integers(0, size - 1))] ^= y.all() or not y.any()
    return y, draw(hnp.arrays(np.int64, size, elements=st.integers(0, 8))) / 8  # few values: many ties


@given(scored_rows())
def test_average_precision_and_auc_equal_scikit_learn_on_ties(rows: Rows) -> None:
    y, s = rows
    assert average_precision(y, s) == pytest.approx(reference.average_precision_score(y, s))
    assert roc_auc(y, s) == pytest.approx(reference.roc_auc_score(y, s))


@given(scored_rows(), st.randoms(use_true_random=False))
def test_weights_are_repeated_rows(rows: Rows, random: Any) -> None:
    y, s = rows
    weight = np.array([random.randint(1, 3) for _ in y], dtype=float)
    repeat = weight.astype(int)
    amount = np.arange(1.0, y.size + 1)
    many = {"y": y.repeat(repeat), "s": s.repeat(repeat)}
    assert average_precision(y, s, weight) == pytest.approx(average_precision(**many))
    assert roc_auc(y, s, weight) == pytest.approx(roc_auc(**many))
    assert recall_at_fpr(y, s, 0.3, weight) == pytest.approx(recall_at_fpr(**many, fpr=0.3))
    assert precision_at_budget(y, s, 0.2, weight) == pytest.approx(precision_at_budget(**many, budget=0.2))
    assert value_detection_rate(y, s, amount, 0.2, weight) == pytest.approx(
        value_detection_rate(**many, amount=amount.repeat(repeat), budget=0.2)
    )


@given(scored_rows(), st.floats(0.01, 1))
def test_recall_at_fpr_is_the_best_usable_threshold_of_the_roc_curve(rows: Rows, fpr: float) -> None:
    y, s = rows
    false_alarms, recall, _ = reference.roc_curve(y, s, drop_intermediate=False)
    assert recall_at_fpr(y, s, fpr) == pytest.approx(recall[false_alarms <= fpr + 1e-12].max())


@given(scored_rows(), st.permutations(range(60)))
def test_no_metric_depends_on_row_order(rows: Rows, shuffle: list[int]) -> None:
    y, s = rows
    order = np.array([i for i in shuffle if i < y.size])
    amount = np.linspace(1, 9, y.size)
    assert value_detection_rate(y[order], s[order], amount[order], 0.1) == pytest.approx(
        value_detection_rate(y, s, amount, 0.1)
    )
    assert precision_at_budget(y[order], s[order], 0.1) == pytest.approx(precision_at_budget(y, s, 0.1))
    assert recall_at_fpr(y[order], s[order], 0.1) == pytest.approx(recall_at_fpr(y, s, 0.1))


def test_value_detection_counts_money_and_precision_counts_payments() -> None:
    y = [1, 0, 1, 0, 0, 0, 0, 0, 0, 0]
    s = [0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.0]
    amount = [100, 5_000, 900, 1, 1, 1, 1, 1, 1, 1]
    assert value_detection_rate(y, s, amount, budget=0.2) == pytest.approx(0.1)
    assert value_detection_rate(y, s, amount, budget=0.3) == pytest.approx(1.0)
    assert precision_at_budget(y, s, budget=0.2) == pytest.approx(0.5)
    assert precision_at_budget(y, s, budget=0.3) == pytest.approx(2 / 3)


def test_a_block_of_ties_at_the_budget_counts_in_proportion() -> None:
    y, s = [1, 0, 0, 0], [0.5, 0.5, 0.5, 0.5]
    assert value_detection_rate(y, s, [10, 10, 10, 10], budget=0.5) == pytest.approx(0.5)
    assert precision_at_budget(y, s, budget=0.5) == pytest.approx(0.25)
    assert recall_at_fpr(y, s, fpr=0.5) == 0.0


def test_the_curve_is_scikit_learns_read_from_the_top() -> None:
    rng = np.random.default_rng(3)
    y, s = rng.random(200) < 0.2, rng.integers(0, 20, 200) / 20
    precision, recall, threshold = precision_recall_curve(y, s)
    wanted_precision, wanted_recall, wanted_threshold = reference.precision_recall_curve(y, s)
    np.testing.assert_allclose(precision, wanted_precision[-2::-1])
    np.testing.assert_allclose(recall, wanted_recall[-2::-1])
    np.testing.assert_allclose(threshold, wanted_threshold[::-1])


@pytest.mark.parametrize("metric", [average_precision, roc_auc])
@pytest.mark.parametrize("y", [[0, 0, 0], [1, 1, 1]])
def test_one_class_is_refused_with_its_counts(metric: Any, y: list[int]) -> None:
    with pytest.raises(SingleClassError, match=r"both are needed"):
        metric(y, [0.1, 0.2, 0.3])


@pytest.mark.parametrize(
    ("y", "s", "message"),
    [
        ([0, 1], [0.1, np.nan], "score: 1 of 2 values are not finite, first at row 1"),
        ([0, 1], [np.inf, 0.5], "not finite, first at row 0"),
        ([0, 1], [0.5], r"score: shape \(1,\), but there are 2 labels"),
        ([0, 2], [0.5, 0.1], "neither 0 nor 1, first at row 1: 2"),
        ([0.0, np.nan], [0.5, 0.1], "neither 0 nor 1, first at row 1: nan"),
        (["no", "yes"], [0.5, 0.1], "wanted bool or 0/1"),
        ([], [], "at least one row"),
    ],
)
def test_unusable_rows_are_named(y: Any, s: Any, message: str) -> None:
    with pytest.raises(MetricError, match=message):
        average_precision(y, s)


def test_shares_and_amounts_and_weights_are_checked() -> None:
    with pytest.raises(MetricError, match=r"fpr: 0, wanted a share"):
        recall_at_fpr([0, 1], [0.1, 0.2], fpr=0)
    with pytest.raises(MetricError, match=r"budget: 1.5"):
        precision_at_budget([0, 1], [0.1, 0.2], budget=1.5)
    with pytest.raises(SingleClassError, match=r"no value"):
        value_detection_rate([0, 1], [0.1, 0.2], [5, 0], budget=0.5)
    with pytest.raises(MetricError, match=r"weight: smallest is -1"):
        roc_auc([0, 1], [0.1, 0.2], [1, -1])
