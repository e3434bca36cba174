from dataclasses import replace

import pytest

from pixguard.metrics import Interval
from pixguard.retraining import Past, Promise
from pixguard.retraining.triggers import drift, loss, schedule, short_of
from tests.retraining.cases import BROKEN, DAY, KEPT, RULES, alarmed, before, evidence

MAX_AGE = int(RULES.max_age_days.value)
FELL = {"promises": {"recall_at_fpr_1pct": BROKEN}}
YESTERDAY = Past(before(1), "v0123456789ab", short=("recall_at_fpr_1pct",))


@pytest.mark.parametrize(("age", "fired"), [(0, False), (MAX_AGE - 1, False), (MAX_AGE, True), (900, True)])
def test_what_taught_the_champion_ages(age: int, fired: bool) -> None:
    found = schedule(evidence(taught_until=before(age)), RULES)
    assert (found.fired, found.found) == (fired, age)


@pytest.mark.parametrize(
    ("days_ago", "fired"),
    [((1, 2, 3), True), ((1, 3, 5), True), ((1, 2), False), ((4, 5, 6), False), ((6, 7, 8, 9), False), ((), False)],
)
def test_drift_is_alarms_on_three_of_the_last_five_days(days_ago: tuple[int, ...], fired: bool) -> None:
    found = drift(evidence(days=alarmed(*days_ago)), RULES)
    assert found.fired is fired
    assert found.measures == (("log_amount",) if any(n <= 5 for n in days_ago) else ())


def test_a_promise_is_broken_when_the_whole_interval_is_below_it_for_two_days() -> None:
    assert not loss(evidence(**FELL), RULES).fired  # yesterday nobody looked
    found = loss(evidence(**FELL, past=(YESTERDAY,)), RULES)
    assert found.fired
    assert found.found == pytest.approx(0.10)
    assert found.reason == "recall_at_fpr_1pct 0.460 to 0.540, promised 0.640 at least"
    assert not loss(evidence(past=(YESTERDAY,)), RULES).fired


def test_another_champions_shortfall_says_nothing_of_this_one() -> None:
    other = replace(YESTERDAY, champion="vffffffffffff")
    assert not loss(evidence(**FELL, past=(other,)), RULES).fired


def test_another_figure_yesterday_is_another_shortfall() -> None:
    other = replace(YESTERDAY, short=("value_detection_rate",))
    assert not loss(evidence(**FELL, past=(other,)), RULES).fired


def test_a_successor_that_promises_less_is_held_to_its_predecessors_promise_for_a_while() -> None:
    low = Promise(Interval(0.52, 0.45, 0.59, 0.95, 500), BROKEN.found)
    promised = {"recall_at_fpr_1pct": 0.64}
    for days_ago, short in ((1, True), (45, True), (46, False)):
        past = (Past(before(days_ago), "vffffffffffff", promised=promised),)
        assert bool(short_of(evidence(promises={"recall_at_fpr_1pct": low}, past=past), RULES)) is short


def test_intervals_that_meet_break_no_promise() -> None:
    touching = Promise(KEPT.promised, Interval(0.6, 0.5, KEPT.promised.low, 0.95, 200))
    assert short_of(evidence(promises={"a": touching, "b": BROKEN}), RULES) == ("b",)


def test_a_shortfall_within_the_bound_breaks_no_promise_either() -> None:
    low = KEPT.promised.low
    by = {n: Promise(KEPT.promised, Interval(low - n - 0.05, 0.1, low - n, 0.95, 200)) for n in (0.01, 0.03)}
    assert short_of(evidence(promises={"a": by[0.01], "b": by[0.03]}), RULES) == ("b",)


def test_too_few_frauds_or_none_matured_tell_nothing() -> None:
    few = loss(evidence(**FELL, frauds=49, past=(YESTERDAY,)), RULES)
    assert not few.fired
    assert few.reason == "49 matured frauds, 50 are needed to tell"
    assert not loss(evidence(promises=None, past=(YESTERDAY,)), RULES).fired
    unknown = {"recall_at_fpr_1pct": Promise(KEPT.promised, None)}
    assert loss(evidence(promises=unknown, past=(YESTERDAY,)), RULES).found is None


def test_the_day_itself_is_not_over_and_does_not_count() -> None:
    days = (*alarmed(2, 3), *alarmed(0)[:0])
    today = replace(alarmed(1)[-1], day=DAY)
    assert not drift(evidence(days=(*days, today)), RULES).fired
