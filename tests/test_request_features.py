"""Request-time features: local time without daylight saving, ratios without surprises, nulls that stay nulls."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixguard.features import PIX
from pixguard.request_features import is_night, is_weekend, local_hour, mean, ratio, seconds_since

BRASILIA = ZoneInfo("America/Sao_Paulo")
FEATURES = {feature.name: feature for feature in PIX.request}


def us(moment: datetime) -> np.ndarray:
    return np.array([(moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)])


@given(st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC)))
def test_the_hour_and_weekend_are_those_of_brasilia(moment: datetime) -> None:
    local = moment.astimezone(BRASILIA)
    assert local_hour(us(moment))[0] == local.hour
    assert is_weekend(us(moment))[0] == (local.weekday() >= 5)
    assert is_night(us(moment))[0] == (local.hour >= 20 or local.hour < 6)


def test_a_ratio_over_nothing_is_zero() -> None:
    np.testing.assert_array_equal(ratio(np.array([6, 5]), np.array([3, 0])), [2.0, 0.0])


def test_a_mean_divides_a_sum_by_the_count_of_the_same_events() -> None:
    assert mean("payer", "sent_centavos", "30d").inputs == ("payer_sent_centavos_sum_30d", "payer_sent_count_30d")
    assert mean("pair", "centavos", "30d").inputs == ("pair_centavos_sum_30d", "pair_payments_count_30d")


def test_never_seen_is_the_length_of_the_window() -> None:
    np.testing.assert_array_equal(seconds_since(np.array([5_000_000, 9]), np.array([2_000_000, 0]), 60.0), [3.0, 60.0])


def test_a_null_stays_a_null() -> None:
    assert np.isnan(FEATURES["is_registered_device"].compute({"device_registered": np.array([np.nan])}))[0]
    assert FEATURES["key_type_is_evp"].compute({"key_type": np.array([None, "EVP"], dtype=object)}).tolist() == [0, 1]


@pytest.mark.parametrize(
    ("registered", "amount", "sent", "reais"),
    [(0.0, 150_00, 0, 50.0), (0.0, 150_00, 900_00, -50.0), (1.0, 150_00, 0, 1000.0)],
)
def test_headroom_under_the_limits_of_an_unregistered_device(
    registered: float, amount: int, sent: int, reais: float
) -> None:
    columns = {
        "amount_centavos": np.array([amount]),
        "payer_sent_centavos_sum_24h": np.array([sent]),
        "is_registered_device": np.array([registered]),
    }
    assert FEATURES["unregistered_headroom"].compute(columns)[0] == reais
