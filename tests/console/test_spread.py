import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixguard.console.spread import Spread

VALUES = st.lists(st.floats(0.001, 1e6), min_size=1, max_size=60)


@given(VALUES, st.floats(0.01, 1))
def test_a_quantile_is_within_three_percent_of_the_value_at_its_place(values: list[float], share: float) -> None:
    ordered = sorted(values)
    place = next(i for i in range(len(ordered)) if i + 1 >= share * len(ordered))
    assert Spread(values).quantile(share) == pytest.approx(ordered[place], rel=0.031)


@given(VALUES, VALUES)
def test_merging_is_counting_both(one: list[float], other: list[float]) -> None:
    merged = Spread(one)
    merged.merge(Spread(other))
    assert merged.counts == Spread([*one, *other]).counts


def test_nothing_has_no_quantile_and_nothing_is_below_zero() -> None:
    assert Spread().quantile(0.5) is None
    assert Spread([0, -5]).quantile(1) == pytest.approx(0.001, rel=0.05)
