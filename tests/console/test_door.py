import pytest

from pixguard.console.door import Door, figures, quantile_ms
from pixguard.evidence.plane import Served, versions_in
from pixguard.rollout.evidence import Histogram

from .world import counters


def seen(requests: int, errors: int = 0) -> dict[str, Served]:
    return versions_in({"v1": counters("v1", requests, errors, 100)}, "here")


def test_what_grew_since_a_minute_ago_is_counted() -> None:
    door = Door()
    for second in range(0, 100, 5):
        door.look(second, seen(100 + 10 * second, second // 50))
    span, grown = door.grown(95, seen(1050, 1), 60)
    assert span == 60
    assert figures([grown["v1"]])["requests"] == 600
    assert figures([grown["v1"]])["errors"] == 1


def test_less_than_a_minute_is_said_to_be_less() -> None:
    door = Door()
    door.look(10, seen(100))
    span, grown = door.grown(14, seen(140), 60)
    assert (span, grown["v1"].errors.trials) == (4, 40)


def test_a_version_that_is_new_and_a_proxy_that_began_anew_have_counted_all_they_say() -> None:
    door = Door()
    door.look(0, {})
    assert door.grown(5, seen(30), 60)[1]["v1"].errors.trials == 30
    door = Door()
    door.look(0, seen(500))
    assert door.grown(5, seen(20), 60)[1]["v1"].errors.trials == 20


def test_versions_together_are_one_histogram() -> None:
    both = figures([*seen(1000).values(), *seen(1000, 5).values()])
    assert (both["requests"], both["errors"]) == (2000, 5)
    assert both["p50_ms"] == figures(list(seen(1000).values()))["p50_ms"]
    assert figures([]) == {"requests": 0, "errors": 0, "p50_ms": None, "p99_ms": None}


def test_a_quantile_lies_straight_within_its_bucket() -> None:
    assert quantile_ms(Histogram((1.0, 5.0), (0, 4)), 0.5) == pytest.approx(3)
    assert quantile_ms(Histogram((1.0, 5.0), (4, 0)), 1) == pytest.approx(1)
    assert quantile_ms(Histogram(), 0.5) is None


def test_old_looks_go() -> None:
    door = Door()
    for second in range(0, 5000, 5):
        door.look(second, seen(second))
    span, _ = door.grown(4995, seen(4995), 10_000)
    assert 900 <= span <= 910
