import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pixguard.cohorts import AMOUNT_BAND_NAMES, COHORTS, age_bands, amount_bands, cohorts_of

amounts = st.integers(1, 10**13)


@given(st.lists(st.tuples(amounts, st.none() | st.integers(0, 40_000), st.none() | st.booleans()), max_size=20))
def test_every_payment_is_in_one_value_of_every_cohort(rows: list[tuple[int, int | None, bool | None]]) -> None:
    columns = {
        "amount_centavos": [row[0] for row in rows],
        "payer_account_age_days": [row[1] for row in rows],
        "device_registered": [row[2] for row in rows],
    }
    found = cohorts_of(columns, np.arange(len(rows), dtype=np.int64))
    assert set(found) == set(COHORTS)
    assert {len(values) for values in found.values()} <= {len(rows)}
    assert all(isinstance(value, str) for values in found.values() for value in values)


def test_bands_begin_at_their_edges() -> None:
    assert amount_bands([1, 4_999, 5_000, 20_000, 99_999, 100_000, 10**9]) == [
        *["below R$ 50"] * 2, "R$ 50 to 200", *["R$ 200 to 1,000"] * 2, "R$ 1,000 to 5,000", "R$ 5,000 and more",
    ]  # fmt: skip
    assert len(AMOUNT_BAND_NAMES) == 5
    assert age_bands([0, 7, None, 729, 730]) == [
        "below 7 days", "7 to 30 days", "none", "180 to 730 days", "730 days and more",
    ]  # fmt: skip


def test_hours_are_brasilias_and_what_lacks_is_none() -> None:
    found = cohorts_of({"amount_centavos": [100], "device_registered": [False]}, np.array([0]))
    assert found["hour"] == ["21"]
    assert found["device_registered"] == ["False"]
    assert found["payer_region"] == ["none"]
