from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from pixguard.drift import DayKind, DayVerdict, DriftRules, Judge, What
from pixguard.drift.baseline import Baseline
from pixguard.gate import Bound
from tests.drift.days import NAMES, START, counts_of, reference

CLOCK = frozenset({"clock"})
MOVED = [0.05, 0.1, 0.15, 0.2, 0.5]


SEASONS = {kind: np.where(np.array(NAMES) == "seasonal", 0.4, 0.0) for kind in DayKind}


def unchanged(_day: date) -> dict[str, Any]:
    return {}


def watched(
    days: int, change: Callable[[date], dict[str, Any]] = unchanged, *, seed: int = 0, start: date = START,
    seasoned: bool = False,
) -> list[DayVerdict]:  # fmt: skip
    rng, seasons = np.random.default_rng(seed), Baseline(dict(SEASONS)) if seasoned else None
    judge = Judge(NAMES, reference(), DriftRules(), CLOCK, seasons)
    every = [start + timedelta(days=n) for n in range(days)]
    return [judge.look(counts_of(day, rng, **change(day))) for day in every]


def alarms(verdicts: list[DayVerdict]) -> list[tuple[date, str, str]]:
    return [(v.day, each.measure, str(each.what)) for v in verdicts for each in v.alarms]


@pytest.mark.parametrize("seasoned", [True, False])
@pytest.mark.parametrize("start", [date(2026, 9, 1), date(2026, 10, 20), date(2026, 12, 1)])
def test_seasons_pay_days_and_christmas_are_no_alarm(start: date, seasoned: bool) -> None:
    assert alarms(watched(120, start=start, seed=1, seasoned=seasoned)) == []


def test_volume_is_no_drift() -> None:
    busy = watched(60, lambda day: {"rows": 90_000 if day.weekday() == 4 else 9_000})
    assert alarms(busy) == []


def since(day: int, **change: Any) -> Callable[[date], dict[str, Any]]:
    return lambda today: change if today >= START + timedelta(days=day) else {}


@pytest.mark.parametrize(("day", "seasoned"), [(1, True), (10, True), (44, True), (44, False), (75, False)])
def test_a_feature_that_shifts_is_named_on_its_second_day_and_stays_named(day: int, seasoned: bool) -> None:
    verdicts = watched(100, since(day, changed={"steady": MOVED}), seasoned=seasoned)
    assert not alarms(verdicts[: day + 1])
    later = [verdict for verdict in verdicts[day + 1 :] if verdict.kind is not DayKind.FESTIVE]
    assert {verdict.features for verdict in later} == {("steady",)}
    assert [v.day for v in verdicts if v.began] == [START + timedelta(days=day + 1)]
    assert "steady: " in verdicts[-1].to_json()["messages"][0]


def test_one_odd_day_is_no_alarm_but_a_severe_one_is_told_at_once() -> None:
    def odd(shares: list[float]) -> Callable[[date], dict[str, Any]]:
        return lambda day: {"changed": {"steady": shares}} if day == START + timedelta(days=30) else {}

    assert alarms(watched(60, odd(MOVED))) == []
    assert {v.day for v in watched(60, odd([0.0, 0.0, 0.0, 0.01, 0.99])) if v.alarms} == {START + timedelta(days=30)}


def test_slow_drift_does_not_become_the_yardstick() -> None:
    def slow(day: date) -> dict[str, Any]:
        pull = max(0, (day - START).days - 28) / 60
        shares = 0.2 * np.exp(pull * np.arange(5) / 2)
        return {"changed": {"steady": list(shares / shares.sum())}}

    verdicts = watched(110, slow)
    assert not alarms(verdicts[:40])
    assert "steady" in verdicts[-1].features


def test_a_version_without_seasons_learns_for_four_weeks() -> None:
    verdicts = watched(60, since(35, changed={"seasonal": [0.6, 0.2, 0.1, 0.06, 0.04]}))
    assert [v.state for v in verdicts[27:30]] == ["learning", "judged", "judged"]
    assert not alarms(verdicts[:35])
    assert "seasonal" in verdicts[-1].features


def test_what_is_very_far_from_training_in_the_first_week_is_skew() -> None:
    first = watched(2, since(0, changed={"steady": [0.01, 0.01, 0.01, 0.01, 0.96]}))
    assert {each.what for each in first[1].alarms} == {What.SKEW}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"missing": {"steady": 0.2}}, ("all", "steady", What.MISSING)),
        ({"changed": {"decision": [0.97, 0.029, 0.001]}}, ("all", "decision", What.ALERTS)),
        ({"changed": {"decision": [0.9987, 0.001, 0.0003]}}, ("all", "decision", What.ALERTS)),
        ({"changed": {"degraded": [0.9, 0.1]}}, ("all", "degraded", What.DEGRADED)),
        ({"banks": ("10000000", "20000000", "99999999")}, ("payer_ispb", "payer_ispb", What.UNSEEN)),
        ({"of_bank": {"20000000": {"steady": [0, 0, 0.01, 0.04, 0.95]}}}, ("all", "steady", What.SHIFT)),
    ],
)
def test_every_kind_of_change_is_found(change: dict[str, Any], expected: tuple[str, str, What]) -> None:
    found = watched(38, since(34, **change))[-1].alarms
    assert expected in {(each.cohort, each.measure, each.what) for each in found}


def test_a_shift_of_one_small_bank_is_its_own() -> None:
    banks = [f"{n}0000000" for n in range(1, 9)]
    small = {"of_bank": {banks[3]: {"steady": [0, 0, 0.05, 0.15, 0.8]}}}
    found = watched(38, lambda day: {"banks": banks, **(small if day >= START + timedelta(days=34) else {})})[-1].alarms
    assert {(each.cohort, each.value, each.measure) for each in found} == {("payer_ispb", banks[3], "steady")}


def test_a_thin_day_is_not_judged() -> None:
    verdicts = watched(40, since(30, rows=400, changed={"steady": [0, 0, 0, 0, 1.0]}))
    assert {verdict.state for verdict in verdicts[30:]} == {"too_few"}
    assert alarms(verdicts) == []


def test_rules_can_differ_and_a_wrong_one_is_named() -> None:
    strict = DriftRules.from_json({"lasting_days": {"value": 1, "reason": "at once"}})
    assert strict.lasting_days == Bound(1, "at once")
    assert strict.to_json()["shift"]["value"] == 0.25
    with pytest.raises(Exception, match=r"unknown drift rules \['shfit'\]"):
        DriftRules.from_json({"shfit": {"value": 1, "reason": "typo"}})
