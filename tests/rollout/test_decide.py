"""Whole rollouts on simulated canaries: good ones pass, bad ones go, and the false-alarm rate is kept."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixguard.gate.rules import Bound
from pixguard.rollout import STAGES, Action, Evidence, RolloutRules, Tally, decide, next_stage

from .world import SCORES, Behaviour, Trial

RULES = RolloutRules()
GOOD = Behaviour()


def look(percent: int = 25, canary: Behaviour = GOOD, requests: int = 40_000, pairs: int = 3000) -> Evidence:
    return Trial(np.random.default_rng(5), percent, GOOD, canary).look(requests, pairs, 120)


def outcome(evidence: Evidence, name: str) -> str:
    (check,) = [check for check in decide(evidence, RULES).checks if check.name == name]
    return str(check.outcome)


def test_a_good_canary_climbs_every_stage_to_promotion() -> None:
    percent, taken = 0, []
    while True:
        decision = decide(look(percent), RULES)
        taken.append((decision.action, decision.percent))
        if decision.action is not Action.ADVANCE:
            break
        percent = decision.percent
    assert taken == [(Action.ADVANCE, 5), (Action.ADVANCE, 25), (Action.ADVANCE, 50), (Action.PROMOTE, 100)]
    assert [next_stage(stage) for stage in STAGES] == [5, 25, 50, None]
    assert next_stage(10) == 25, "a share that a person wrote goes on to the next stage"


BAD = {
    "errors": Behaviour(errors=0.05),
    "alerts_more": Behaviour(alerts=0.15),
    "alerts_fewer": Behaviour(alerts=0.002),
    "degraded": Behaviour(degraded=0.2),
    "missed_frauds": Behaviour(missed=0.9),
    "wronged_payments": Behaviour(wronged=0.2),
    "latency_p50": Behaviour(latency_ms=12),
    "latency_p99": Behaviour(latency_ms=12),
    "server_latency_p50": Behaviour(latency_ms=12),
    "server_latency_p99": Behaviour(latency_ms=12),
    "score_shift": Behaviour(scores=tuple(SCORES[::-1])),
    "replay_flips": Behaviour(flips=0.3),
    "replay_failures": Behaviour(errors=0.05),
    "replay_latency_p50": Behaviour(latency_ms=12),
    "replay_latency_p99": Behaviour(latency_ms=12),
    "replay_score_shift": Behaviour(scores=tuple(SCORES[::-1])),
    "cohorts": Behaviour(alerts=0.25),
}


@pytest.mark.parametrize("guard", sorted(BAD))
def test_every_guard_finds_what_it_is_for(guard: str) -> None:
    evidence = look(25, BAD[guard])
    assert outcome(evidence, guard) == "failed"
    decision = decide(evidence, RULES)
    assert (decision.action, decision.percent) == (Action.ROLL_BACK, 0)
    assert any(reason.startswith(f"{guard}: ") for reason in decision.reasons)
    assert outcome(look(25), guard) == "passed"


def test_a_version_that_is_as_good_is_seldom_rolled_back_however_often_one_looks() -> None:
    """300 good canaries through four stages, three looks each: alarms stay below the rate that the rules state.

    The rate is set to 20 % so that a test which ignored the looks or the number of guards would be seen to break it.
    """
    rules = replace(RULES, false_alarm_rate=Bound(0.2, "a rate that a test can see"))
    margins = {name: Bound(0.0, "no worse at all") for name in
               ("error_rise", "alert_slack", "cohort_slack", "degraded_rise", "missed_rise", "wronged_rise",
                "latency_slack_ms", "score_shift")}  # fmt: skip
    ratios = {name: Bound(1.0, "no worse at all") for name in ("alert_ratio", "cohort_ratio", "latency_ratio")}
    rules = replace(rules, **margins, **ratios)
    rng, alarms, trials = np.random.default_rng(11), 0, 300
    for _ in range(trials):
        alarms += any(
            decide(trial.look(3000, 100), rules).action is Action.ROLL_BACK
            for percent in STAGES
            for trial in [Trial(rng, percent, GOOD, GOOD)]
            for _ in range(3)
        )
    assert alarms / trials <= 0.2 + 3 * math.sqrt(0.2 * 0.8 / trials)


@pytest.mark.parametrize(
    ("canary", "seconds"),
    [
        (Behaviour(errors=1.0), 2),
        (Behaviour(errors=0.2), 10),
        (Behaviour(latency_ms=40.0), 5),
        (Behaviour(scores=(0.0,) * 8 + (1.0,)), 10),
    ],
)
def test_a_bad_canary_is_found_within_seconds_at_five_percent_of_300_requests_a_second(
    canary: Behaviour, seconds: int
) -> None:
    found = []
    for seed in range(40):
        trial = Trial(np.random.default_rng(seed), 5, GOOD, canary)
        taken = next((i for i in range(1, 61) if decide(trial.look(300, 0, 1), RULES).action is Action.ROLL_BACK), 61)
        found.append(taken)
    assert np.percentile(found, 90) <= seconds


def test_little_traffic_holds_and_says_what_lacks() -> None:
    decision = decide(look(5, requests=200, pairs=10), RULES)
    assert (decision.action, decision.percent) == (Action.HOLD, 5)
    lacking = {reason.partition(":")[0] for reason in decision.reasons}
    assert lacking == {"pairs", "requests", "timed_requests", "logged_decisions", "errors_bounded"}
    assert decide(look(0, requests=0, pairs=0), RULES).action is Action.HOLD
    assert decide(look(0, requests=0), RULES).action is Action.ADVANCE, "at 0 % pairs alone decide"


def test_a_stage_lasts_its_time() -> None:
    quick = replace(look(5), stage_s=29.0)
    assert decide(quick, RULES).action is Action.HOLD
    assert decide(replace(quick, stage_s=30.0), RULES).action is Action.ADVANCE


@pytest.mark.parametrize(
    ("percent", "asked_s", "unready_s", "action"),
    [
        (0, 179, 60, Action.HOLD),
        (0, 180, 4, Action.HOLD),
        (0, 180, 5, Action.ROLL_BACK),
        (5, 10, 4, Action.HOLD),
        (5, 10, 5, Action.ROLL_BACK),
    ],
)
def test_a_canary_that_is_away_holds_and_then_goes(
    percent: int, asked_s: float, unready_s: float, action: Action
) -> None:
    evidence = replace(look(percent), ready=False, asked_s=asked_s, unready_s=unready_s)
    assert decide(evidence, RULES).action is action


@pytest.mark.parametrize(("crashes", "action"), [(0, Action.ADVANCE), (1, Action.ADVANCE), (2, Action.ROLL_BACK)])
def test_a_canary_whose_servers_end_again_and_again_goes_though_it_is_back_each_time(
    crashes: int, action: Action
) -> None:
    decision = decide(replace(look(5), crashes=crashes), RULES)
    assert decision.action is action
    if action is Action.ROLL_BACK:
        assert "ended unasked 2 times" in decision.reasons[0]


def test_nothing_moves_while_the_proxy_lags_or_an_incident_is_on() -> None:
    assert decide(replace(look(), applied=False), RULES).action is Action.HOLD
    assert decide(replace(look(), stored=False), RULES).action is Action.HOLD
    ill = Behaviour(errors=0.3)
    evidence = Trial(np.random.default_rng(5), 25, ill, ill).look(40_000, 1000, 120)
    decision = decide(evidence, RULES)
    assert decision.action is Action.HOLD
    assert any("incident" in reason for reason in decision.reasons)


@given(st.integers(0, 2000), st.integers(0, 2000), st.sampled_from(STAGES), st.data())
def test_more_errors_never_help_a_canary(errors: int, more: int, percent: int, data: Any) -> None:
    order = {Action.ROLL_BACK: 0, Action.HOLD: 1, Action.ADVANCE: 2, Action.PROMOTE: 2}
    base = _EVIDENCE[percent]
    requests = data.draw(st.integers(errors + more, 10_000))

    def with_errors(count: int) -> Evidence:
        return replace(base, canary=replace(base.canary, errors=Tally(count, requests)))

    fewer, many = decide(with_errors(errors), RULES).action, decide(with_errors(errors + more), RULES).action
    assert order[many] <= order[fewer]


_EVIDENCE = {percent: look(percent) for percent in STAGES}
