import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixguard.metrics import MetricError, card_precision_at_k


def by_the_book(table: pd.DataFrame, k: int) -> float:
    """The definition, written as plainly as possible: sets and loops."""
    found: set[str] = set()
    precisions = []
    for _, payments in table.groupby("day"):
        customers = [
            (-rows["s"].max(), bool(rows["y"].max()), name)
            for name, rows in payments.groupby("customer")
            if name not in found
        ]
        hits = [name for _, compromised, name in sorted(customers)[:k] if compromised]
        found.update(hits)
        precisions.append(len(hits) / k)
    return float(np.mean(precisions))


@given(st.integers(0, 10_000), st.integers(1, 6))
def test_equals_the_plain_definition(seed: int, k: int) -> None:
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(
        {
            "day": rng.integers(0, 4, 40),
            "customer": [f"c{i:02}" for i in rng.integers(0, 12, 40)],
            "y": rng.random(40) < 0.3,
            "s": rng.integers(0, 10, 40) / 10,
        }
    )
    ours = card_precision_at_k(table["day"], table["customer"], table["y"], table["s"], k)
    assert ours == pytest.approx(by_the_book(table, k))


def test_a_found_customer_is_not_called_again() -> None:
    day, customer, y, s = [1, 2, 2], ["a", "a", "b"], [1, 1, 1], [0.9, 0.9, 0.1]
    assert card_precision_at_k(day, customer, y, s, k=1) == 1.0  # day 2 has b left, though a scores higher


def test_a_missed_customer_may_be_found_later_and_short_days_are_divided_by_k() -> None:
    day, customer, y, s = [1, 1, 2], ["a", "b", "b"], [0, 1, 1], [0.9, 0.1, 0.8]
    assert card_precision_at_k(day, customer, y, s, k=1) == 0.5
    assert card_precision_at_k(day, customer, y, s, k=4) == pytest.approx((1 / 4 + 0) / 2)


def test_a_customer_counts_by_any_fraud_of_the_day() -> None:
    assert card_precision_at_k([1, 1, 1], ["a", "a", "b"], [0, 1, 0], [0.9, 0.1, 0.5], k=1) == 1.0


def test_a_constant_score_gains_nothing_from_ties() -> None:
    assert card_precision_at_k([1, 1], ["a", "b"], [1, 0], [0.5, 0.5], k=1) == 0.0


def test_dates_work_as_days_and_bad_input_is_named() -> None:
    days = pd.to_datetime(["2025-01-01", "2025-01-02"]).to_numpy()
    assert card_precision_at_k(days, [7, 8], [1, 1], [0.1, 0.2], k=1) == 1.0
    with pytest.raises(MetricError, match="k: 0"):
        card_precision_at_k(days, [7, 8], [1, 1], [0.1, 0.2], k=0)
    with pytest.raises(MetricError, match="customer: values cannot be sorted"):
        card_precision_at_k(days, np.array(["a", None], dtype=object), [1, 1], [0.1, 0.2])
    with pytest.raises(MetricError, match=r"day: shape \(1,\)"):
        card_precision_at_k([1], [7, 8], [1, 1], [0.1, 0.2])
