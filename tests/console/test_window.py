from datetime import UTC, datetime, timedelta

import pytest

from pixguard.console.window import BUCKET_S, BUCKETS, Window, state_age_s

from .world import record

NOW = datetime(2026, 11, 24, 12, 0, 2, tzinfo=UTC)


def window(*records: dict) -> Window:
    made = Window()
    for each in records:
        made.add(each)
    return made


def ago(seconds: float, number: int = 1, **changes: object) -> dict:
    return record(number, NOW - timedelta(seconds=seconds), **changes)


def test_a_minute_counts_decisions_by_kind_and_leaves_replays_out() -> None:
    found = window(
        ago(5, decision="hold", degraded=["store_timeout"], latency_us=2000),
        ago(50, decision="approve", latency_us=1000, version="other"),
        ago(10, decision="reject", replay=True),
        ago(70, decision="reject"),
    ).last_minute(NOW.timestamp())
    assert found.to_json() == {
        "decisions": {"approve": 1, "hold": 1, "reject": 0}, "total": 2, "degraded": 1,
        "server_p50_ms": pytest.approx(1, rel=0.03), "server_p99_ms": pytest.approx(2, rel=0.03),
        "state_age_p50_s": pytest.approx(21, rel=0.03),
    }  # fmt: skip


def test_versions_are_counted_apart() -> None:
    made = window(ago(5, version="a"), ago(800, version="a"), ago(5, version="b"))
    assert made.versions() == {"a", "b"}
    assert made.of_version("a", NOW.timestamp()).decisions.total() == 2


def test_lines_end_at_the_last_whole_bucket_and_gaps_are_null() -> None:
    made = window(ago(3, decision="hold"), ago(1, decision="hold"), ago(63, decision="approve"))
    found = made.series(NOW.timestamp())
    assert found["until_s"] % BUCKET_S == 0
    assert found["until_s"] <= NOW.timestamp()
    rate, hold = found["lines"]["rate"], found["lines"]["hold"]
    assert len(rate) == len(hold) == BUCKETS
    assert rate[-1] == pytest.approx(1 / 30, abs=0.005)  # what was decided 1 s ago is in the bucket that still grows
    assert (hold[-1], hold[-2], hold[-9]) == (100, None, 0)
    made.add(ago(23, decision="approve"))  # late: the points that it belongs to are told anew
    assert made.series(NOW.timestamp())["lines"]["hold"][-1] == 50
    assert made.series(NOW.timestamp() + 3)["lines"]["hold"][-1] == pytest.approx(66.67)


def test_old_buckets_go() -> None:
    made = window(ago(2000), ago(10))
    made.forget(NOW.timestamp())
    assert made.versions() == {ago(10)["version"]}
    made.forget(NOW.timestamp() + 3600)
    assert made.versions() == set()


def test_the_age_of_the_state_is_the_payments_time_minus_its_newest_event() -> None:
    assert state_age_s(ago(5)) == pytest.approx(21)
    assert state_age_s(ago(5, newest_event_us=None)) is None
    assert state_age_s(ago(5, payment={})) is None
    assert state_age_s(ago(5, payment={"event_time": "yesterday"})) is None
    future = int((NOW.timestamp() + 60) * 1e6)
    assert state_age_s(ago(5, newest_event_us=future)) == 0
