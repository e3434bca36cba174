from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixguard.payment.columns import reason_of
from pixguard.payment.reasons import Reason
from pixguard.payment.times import civil_minutes, instant_one, instants

SAO_PAULO = "America/Sao_Paulo"
NEW_YORK = "America/New_York"


def outcome(array: pa.Array, **options: Any) -> list[Any]:
    converted = instants(array, **options)
    problems = [reason_of(int(code)) if code else None for code in converted.problems]
    return [problem or value for value, problem in zip(converted.values.to_pylist(), problems, strict=True)]


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-01-31T12:00:30-03:00", datetime(2026, 1, 31, 15, 0, 30, tzinfo=UTC)),
        ("2026-01-31 12:00Z", datetime(2026, 1, 31, 12, tzinfo=UTC)),
        ("2026-01-31T12:00:30.1234567+0530", datetime(2026, 1, 31, 6, 30, 30, 123456, tzinfo=UTC)),
        ("2024-02-29T00:00:00+00", datetime(2024, 2, 29, tzinfo=UTC)),
        ("2026-02-29T00:00:00Z", Reason.UNPARSABLE_TIME),
        ("2026-04-31T00:00:00Z", Reason.UNPARSABLE_TIME),
        ("2026-13-01T00:00:00Z", Reason.UNPARSABLE_TIME),
        ("2026-01-01T24:00:00Z", Reason.UNPARSABLE_TIME),
        ("2026-01-01T23:59:60Z", Reason.UNPARSABLE_TIME),
        ("2026-01-01", Reason.UNPARSABLE_TIME),
        ("31/01/2026 12:00", Reason.UNPARSABLE_TIME),
        ("yesterday", Reason.UNPARSABLE_TIME),
        ("2026-01-31T12:00:30", Reason.NAIVE_TIME),
        ("1999-12-31T23:59:59Z", Reason.TIME_OUT_OF_RANGE),
        ("2099-12-31T23:30:00-01:00", Reason.TIME_OUT_OF_RANGE),
        ("0001-01-01T00:00:00Z", Reason.TIME_OUT_OF_RANGE),
        ("9999-12-31T23:59:59-14:00", Reason.TIME_OUT_OF_RANGE),
    ],
)
def test_text_is_an_instant_or_has_its_own_reason(text: str, instant: datetime | Reason) -> None:
    assert outcome(pa.array([text, None])) == [instant, None]
    assert instant_one(text) == instant


def test_a_timestamp_without_zone_needs_one_stated() -> None:
    local = pa.array([datetime(2026, 7, 1, 12)], pa.timestamp("ns"))
    assert outcome(local) == [Reason.NAIVE_TIME]
    assert outcome(local, zone="UTC") == [datetime(2026, 7, 1, 12, tzinfo=UTC)]
    assert outcome(local, zone=SAO_PAULO) == [datetime(2026, 7, 1, 15, tzinfo=UTC)]


def test_a_stated_zone_does_not_touch_times_that_have_an_offset() -> None:
    assert outcome(pa.array(["2026-07-01T12:00:00Z"]), zone=SAO_PAULO) == [datetime(2026, 7, 1, 12, tzinfo=UTC)]
    aware = pa.array([datetime(2026, 7, 1, 12, tzinfo=UTC)], pa.timestamp("us", tz="Asia/Tokyo"))
    assert outcome(aware, zone=SAO_PAULO) == [datetime(2026, 7, 1, 12, tzinfo=UTC)]


# Brazil's last summer time began on 2018-11-04 at 0 h (the hour 0 to 1 never was) and ended on 2019-02-17 at 0 h
# (the hour from 23 to 24 of the 16th was twice).
@pytest.mark.parametrize(
    ("local", "fold", "instant"),
    [
        ("2018-11-03T23:59:59", None, datetime(2018, 11, 4, 2, 59, 59, tzinfo=UTC)),
        ("2018-11-04T00:00:00", None, Reason.NONEXISTENT_TIME),
        ("2018-11-04T00:59:59.999999", "earliest", Reason.NONEXISTENT_TIME),
        ("2018-11-04T00:30:00", "latest", Reason.NONEXISTENT_TIME),
        ("2018-11-04T01:00:00", None, datetime(2018, 11, 4, 3, tzinfo=UTC)),
        ("2019-02-16T22:59:59", None, datetime(2019, 2, 17, 0, 59, 59, tzinfo=UTC)),
        ("2019-02-16T23:30:00", None, Reason.AMBIGUOUS_TIME),
        ("2019-02-16T23:30:00", "earliest", datetime(2019, 2, 17, 1, 30, tzinfo=UTC)),
        ("2019-02-16T23:30:00", "latest", datetime(2019, 2, 17, 2, 30, tzinfo=UTC)),
        ("2019-02-17T00:00:00", None, datetime(2019, 2, 17, 3, tzinfo=UTC)),
        ("2026-02-15T00:30:00", None, datetime(2026, 2, 15, 3, 30, tzinfo=UTC)),  # no summer time any more
    ],
)
def test_daylight_saving_edges_follow_the_stated_policy(local: str, fold: Any, instant: datetime | Reason) -> None:
    assert outcome(pa.array([local]), zone=SAO_PAULO, fold=fold) == [instant]
    naive = pa.array([datetime.fromisoformat(local)], pa.timestamp("us"))
    assert outcome(naive, zone=SAO_PAULO, fold=fold) == [instant]
    assert instant_one(local, zone=SAO_PAULO, fold=fold) == instant


@given(
    st.lists(st.datetimes(datetime(2000, 1, 2), datetime(2037, 12, 30)), min_size=1, max_size=20),
    st.sampled_from([SAO_PAULO, NEW_YORK, "Australia/Lord_Howe", "UTC"]),
    st.sampled_from([None, "earliest", "latest"]),
)
def test_a_column_of_local_times_is_what_its_values_are_one_by_one(
    locals_: list[datetime], zone: str, fold: Any
) -> None:
    near_edges = [datetime(2018, 11, 4) + timedelta(minutes=15 * n) for n in range(16)]
    times = [*locals_, *near_edges, *(t.replace(month=3, day=11) for t in near_edges)]
    assert outcome(pa.array(times, pa.timestamp("us")), zone=zone, fold=fold) == [
        instant_one(time, zone=zone, fold=fold) for time in times
    ]


@given(
    st.lists(
        st.datetimes(
            datetime(1950, 1, 1), datetime(2150, 1, 1), timezones=st.sampled_from([UTC, timezone(timedelta(hours=-3))])
        ),
        max_size=20,
    )
)
def test_a_column_of_text_is_what_its_values_are_one_by_one(times: list[datetime]) -> None:
    texts = [time.isoformat() for time in times]
    assert outcome(pa.array(texts, pa.string())) == [instant_one(text) for text in texts]


def test_other_types_are_no_times() -> None:
    assert outcome(pa.array([1700000000, None])) == [Reason.WRONG_TYPE, None]


def test_civil_minutes_knows_the_calendar() -> None:
    years, months, days = np.array([2024, 2023, 2026, 2026]), np.array([2, 2, 0, 12]), np.array([29, 29, 1, 31])
    zeros = np.zeros(4, np.int64)
    minutes, real = civil_minutes(years, months, days, zeros, zeros)
    assert real.tolist() == [True, False, False, True]
    assert minutes[0] == np.datetime64("2024-02-29T00:00")
