import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixguard.metrics import MetricError
from pixguard.metrics.resampling import Groups, Layout


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=1, max_size=40), st.booleans())
def test_units_lose_no_row_and_never_join_frauds_or_ties_with_frauds(
    rows: list[tuple[bool, int]], order_only: bool
) -> None:
    y, s = np.array([each for each, _ in rows]), np.array([each for _, each in rows], dtype=float)
    layout = Layout.of(y, s, Groups.of(y.size, None), order_only)
    weight = layout.weight(np.ones(y.size))
    assert weight.sum() == y.size
    assert weight[layout.y].tolist() == [1] * int(y.sum())
    assert (np.diff(layout.s) <= 0).all()
    for score in np.unique(s[y]):  # a block with a fraud keeps all its rows
        assert weight[layout.s == score].sum() == (s == score).sum()


def test_whole_groups_are_drawn_as_often_as_there_are_groups() -> None:
    groups = Groups.of(5, np.array(["a", "b", "a", "c", "a"]))
    draws = list(groups.resamples(200, seed=1))
    assert all(counts.sum() == 3 for counts in draws)
    assert np.mean(draws, axis=0) == pytest.approx([1, 1, 1], abs=0.2)
    assert groups.codes.tolist() == [0, 1, 0, 2, 0]
    with pytest.raises(MetricError, match="wanted at least 2"):
        list(groups.resamples(1, seed=1))
