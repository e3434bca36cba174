"""Properties of the decision: when it trains, that a budget holds for any history, that no cause loops."""

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pixguard.gate.rules import Bound
from pixguard.retraining import Action, Cause, Evidence, Past, decide
from tests.retraining.cases import BROKEN, DAY, RULES, alarmed, before, evidence, trained

OLD = {"taught_until": date(2020, 1, 1)}
CHAMPION = "v0123456789ab"


def test_a_champion_that_is_well_is_left_alone() -> None:
    found = decide(evidence(), RULES)
    assert (found.action, found.causes, found.reasons) == (Action.WAIT, (), ("nothing asks for it",))
    assert [each.cause for each in found.triggers] == list(Cause)
    assert found.budget.left == RULES.max_runs.value


def test_each_cause_alone_trains_and_is_named() -> None:
    short = Past(before(1), CHAMPION, short=("recall_at_fpr_1pct",))
    for cause, changes in {
        Cause.SCHEDULE: OLD,
        Cause.DRIFT: {"days": alarmed(1, 2, 3)},
        Cause.LOSS: {"promises": {"recall_at_fpr_1pct": BROKEN}, "past": (short,)},
    }.items():
        found = decide(evidence(**changes), RULES)
        assert (found.action, found.causes) == (Action.TRAIN, (cause,))


def test_while_a_successor_is_on_trial_it_waits_and_says_so() -> None:
    found = decide(evidence(**OLD, on_trial="vffffffffffff"), RULES)
    assert found.action is Action.WAIT
    assert "vffffffffffff is on trial: one successor at a time" in found.reasons


def test_a_cause_answered_in_vain_waits_and_another_does_not() -> None:
    past = (trained(8, "drift"),)
    same = decide(evidence(days=alarmed(1, 2, 3), past=past), RULES)
    assert same.action is Action.WAIT
    assert f"drift was answered already, and {CHAMPION} still serves" in same.reasons
    both = decide(evidence(days=alarmed(1, 2, 3), **OLD, past=past), RULES)
    assert (both.action, both.causes) == (Action.TRAIN, (Cause.SCHEDULE,))
    replaced = (trained(8, "drift", champion="veeeeeeeeeeee"),)
    assert decide(evidence(days=alarmed(1, 2, 3), past=replaced), RULES).action is Action.TRAIN


def test_a_budget_of_none_trains_never() -> None:
    rules = replace(RULES, max_runs=Bound(0, "a test"))
    found = decide(evidence(**OLD), rules)
    assert (found.action, found.budget.next_day) == (Action.WAIT, date.max)


pasts = st.lists(
    st.builds(
        Past,
        day=st.integers(-5, 60).map(before),
        champion=st.sampled_from([CHAMPION, "vffffffffffff"]),
        trained=st.lists(st.sampled_from([str(c) for c in Cause]), unique=True).map(tuple),
    ),
    unique_by=lambda past: past.day,
    max_size=25,
).map(tuple)


@given(pasts)
def test_a_run_is_always_within_the_budget(past: tuple[Past, ...]) -> None:
    found = decide(evidence(**OLD, days=alarmed(1, 2, 3), past=past), RULES)
    runs = [each.day for each in past if each.trained and each.day < DAY]
    recent = [day for day in runs if (DAY - day).days < RULES.max_runs_days.value]
    if found.action is Action.TRAIN:
        assert len(recent) < RULES.max_runs.value
        assert all((DAY - day).days >= RULES.min_days_between.value for day in runs)
        assert not set(found.causes) & set(found.budget.answered)
    else:
        too_soon = any((DAY - day).days < RULES.min_days_between.value for day in runs)
        assert too_soon or len(recent) >= RULES.max_runs.value or {"schedule", "drift"} <= set(found.budget.answered)


@given(pasts)
def test_what_came_later_and_the_order_of_records_change_nothing(past: tuple[Past, ...]) -> None:
    whole = evidence(**OLD, past=past)
    earlier = tuple(sorted((each for each in past if each.day < DAY), key=lambda each: -each.day.toordinal()))
    assert decide(whole, RULES) == decide(replace(whole, past=earlier), RULES)


@given(pasts)
def test_the_budget_frees_on_the_day_it_names(past: tuple[Past, ...]) -> None:
    found = decide(evidence(**OLD, past=past), RULES)
    later = replace(evidence(**OLD, past=past), day=found.budget.next_day)
    if found.budget.next_day > DAY and all(each.day < DAY for each in past):
        assert decide(later, RULES).budget.allows(later.day)
        eve = replace(later, day=later.day - timedelta(days=1))
        assert not decide(eve, RULES).budget.allows(eve.day)


@given(st.lists(st.booleans(), min_size=100, max_size=100), st.sampled_from(list(Cause)))
def test_a_refused_answer_never_loops(passes: list[bool], cause: Cause) -> None:
    """Live through 100 days on which a cause always holds, and every run is refused or promoted at once."""
    past: list[Past] = []
    champion, runs = 0, 0
    for n, passed in enumerate(passes):
        day = DAY + timedelta(days=n)
        short = Past(day, f"v{champion:012x}", short=("recall_at_fpr_1pct",))
        found = decide(_ill(cause, day, f"v{champion:012x}", tuple(past)), RULES)
        past.append(replace(short, trained=tuple(str(each) for each in found.causes)))
        if found.action is Action.TRAIN:
            runs += 1
            champion += passed
    assert runs <= 100 / RULES.min_days_between.value + 1
    if not any(passes):
        assert runs <= 100 / RULES.answered_days.value + 1
    assert runs >= 100 // max(RULES.answered_days.value, RULES.max_runs_days.value)


def _ill(cause: Cause, day: date, champion: str, past: tuple[Past, ...]) -> Evidence:
    changes = {
        Cause.SCHEDULE: OLD,
        Cause.DRIFT: {"days": tuple(replace(each, day=day - (DAY - each.day)) for each in alarmed(1, 2, 3))},
        Cause.LOSS: {"promises": {"recall_at_fpr_1pct": BROKEN}},
    }[cause]
    well = {"day": day, "champion": champion, "past": past, "taught_until": day}
    return evidence(**(well | changes))
