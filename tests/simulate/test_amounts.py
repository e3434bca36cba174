import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pixguard.simulate import amounts
from pixguard.simulate.randomness import stream

centavos = st.lists(st.integers(1, amounts.LARGEST_CENTAVOS), min_size=1, max_size=50).map(np.array)


@given(amount=centavos, share=st.floats(0, 1))
def test_rounding_keeps_amounts_positive_and_near(amount, share):
    rounded = amounts.rounded(stream(1, "x"), amount, share)
    assert (rounded > 0).all()
    large = amount >= 10_00
    assert (np.abs(rounded - amount)[large] <= np.maximum(amount[large] // 2, 250)).all()
    changed = rounded != amount
    assert (rounded[changed] % 100 == 0).all()


@given(amount=centavos)
def test_shelf_prices_are_positive_and_have_their_endings(amount):
    priced = amounts.priced(stream(1, "x"), amount, 1.0)
    assert (priced > 0).all()
    assert set((priced % 100).tolist()) <= {0, 50, 90, 99}


@given(amount=centavos, limit=st.integers(100_00, 5_000_00))
def test_limits_hold_and_small_amounts_stay(amount, limit):
    kept = amounts.below(stream(1, "x"), amount, limit)
    assert ((kept > 0) & (kept <= limit)).all()
    assert (kept[amount <= limit] == amount[amount <= limit]).all()


def test_lognormal_has_its_median():
    drawn = amounts.lognormal(stream(1, "x"), 80.0, 1.0, 50_000)
    assert abs(np.median(drawn) / 80_00 - 1) < 0.03
    assert drawn.min() >= 1
