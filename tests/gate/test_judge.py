from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pixguard.gate import Bound, EvidenceError, Outcome, Verdict, judge

from .world import FAST, TRAINED_UNTIL, evidence, log_odds


def outcome(verdict: Verdict, name: str) -> Outcome:
    return {check.name: check.outcome for check in verdict.checks}[name]


def noisy(p: np.ndarray, spread: float, seed: int = 9) -> np.ndarray:
    return log_odds(p) + np.random.default_rng(seed).normal(0, spread, p.size)


def test_a_good_first_model_passes_every_check() -> None:
    verdict = judge(evidence(), FAST)
    assert {check.name: str(check.outcome) for check in verdict.checks if not check.passed} == {}
    assert verdict.passed
    assert verdict.outcome is Outcome.PASSED
    assert set(verdict.metrics) == {"challenger", "baseline"}
    ap = verdict.metrics["challenger"]["average_precision"]
    assert ap.low < ap.estimate < ap.high


def test_a_better_challenger_beats_the_champion_and_a_worse_one_does_not() -> None:
    rows = evidence()
    good, bad = noisy(rows.probability, 0.1), noisy(rows.probability, 2.0)
    assert judge(evidence(champion=bad), FAST).passed
    swapped = judge(evidence(probability=1 / (1 + np.exp(-bad)), champion=good), FAST)
    assert swapped.outcome is Outcome.FAILED
    assert outcome(swapped, "champion_average_precision") is Outcome.FAILED
    assert outcome(swapped, "champion_gain") is Outcome.FAILED
    assert outcome(swapped, "baseline_average_precision") is Outcome.FAILED


def test_the_baseline_may_be_better_by_the_bound_and_no_more() -> None:
    rows = evidence(40_000)
    better, ours = log_odds(rows.probability), 1 / (1 + np.exp(-noisy(rows.probability, 0.3)))
    draw = judge(evidence(40_000, probability=ours, baseline=better), FAST)
    check = next(each for each in draw.checks if each.name == "baseline_average_precision")
    assert check.interval is not None
    assert -FAST.baseline_ap_loss.value < check.interval.estimate < check.interval.high < 0
    assert check.outcome is Outcome.PASSED
    strict = replace(FAST, baseline_ap_loss=Bound(0.0, "no loss at all is borne"))
    verdict = judge(evidence(40_000, probability=ours, baseline=better), strict)
    assert outcome(verdict, "baseline_average_precision") is Outcome.FAILED


def test_a_model_below_the_baseline_may_replace_a_champion_that_is_shown_to_be_worse() -> None:
    rows = evidence(40_000)
    better, ours = log_odds(rows.probability), 1 / (1 + np.exp(-noisy(rows.probability, 1.0)))
    worse = noisy(rows.probability, 2.5)
    assert outcome(judge(evidence(40_000, probability=ours, baseline=better), FAST), "baseline_average_precision") is (
        Outcome.FAILED
    )
    verdict = judge(evidence(40_000, probability=ours, baseline=better, champion=worse), FAST)
    check = next(each for each in verdict.checks if each.name == "baseline_average_precision")
    assert check.outcome is Outcome.PASSED
    assert "better than what serves" in check.reason


def test_a_model_as_good_as_the_champion_may_replace_it() -> None:
    rows = evidence()
    assert judge(evidence(champion=rows.probability), FAST).passed


def test_a_first_model_is_compared_in_no_cohort() -> None:
    assert judge(evidence(), FAST).cohorts == ()


def test_a_loss_hidden_in_one_cohort_is_found_and_named() -> None:
    rows = evidence(40_000)
    victims = rows.cohorts["key_type"] == "EVP"
    champion = log_odds(rows.probability)
    spoiled = np.where(victims, noisy(rows.probability, 2.5), champion)
    verdict = judge(evidence(40_000, probability=1 / (1 + np.exp(-spoiled)), champion=champion), FAST)
    check = next(each for each in verdict.checks if each.name == "cohort_key_type")
    assert check.outcome is Outcome.FAILED
    assert "worst is key_type=EVP" in check.reason
    assert "1 of 3 cohorts have fewer than 20 frauds" in check.reason
    cpf = next(each for each in verdict.cohorts if each.value == "CPF")
    assert cpf.outcome is Outcome.PASSED
    assert cpf.interval is not None
    assert (cpf.interval.low, cpf.interval.high) == (0, 0)


def test_an_uncalibrated_model_fails_that_check_alone() -> None:
    rows = evidence()
    tripled = 1 / (1 + np.exp(-log_odds(rows.probability) - np.log(3)))
    verdict = judge(evidence(probability=tripled), FAST)
    assert [check.name for check in verdict.checks if not check.passed] == ["calibration_error"]


def test_a_random_model_fails_the_floors() -> None:
    rows = evidence()
    verdict = judge(evidence(probability=np.random.default_rng(4).permutation(rows.probability)), FAST)
    for name in ("floor_ap_lift", "floor_roc_auc", "floor_recall_fpr_1pct"):
        assert outcome(verdict, name) is Outcome.FAILED


def test_perfection_is_an_alarm() -> None:
    rows = evidence()
    verdict = judge(evidence(probability=np.where(rows.y, 0.99, 0.001)), FAST)
    assert outcome(verdict, "ap_ceiling") is Outcome.FAILED
    assert not verdict.passed


@pytest.mark.parametrize(
    ("changes", "name", "wanted"),
    [
        ({"feature_auc": {"a": 0.7, "leak": 0.995}}, "single_feature_auc", Outcome.FAILED),
        ({"feature_auc": None}, "single_feature_auc", Outcome.UNDECIDED),
        ({"feature_importance": {"a": 7, "b": 1}}, "importance_share", Outcome.FAILED),
        ({"feature_importance": {"a": 0.0}}, "importance_share", Outcome.UNDECIDED),
        ({"train_overlap_rows": 1}, "train_overlap", Outcome.FAILED),
        ({"train_overlap_rows": None}, "train_overlap", Outcome.UNDECIDED),
        ({"labels_before_event": 2}, "label_before_event", Outcome.FAILED),
        ({"trained_until": TRAINED_UNTIL + np.timedelta64(9, "D")}, "later_rows", Outcome.FAILED),
        ({"trained_until": None}, "later_rows", Outcome.UNDECIDED),
        ({"latency_p99_ms": 7.5}, "latency_p99_ms", Outcome.FAILED),
        ({"latency_p99_ms": float("nan")}, "latency_p99_ms", Outcome.FAILED),
        ({"latency_p99_ms": None}, "latency_p99_ms", Outcome.UNDECIDED),
        ({"baseline": None}, "baseline_average_precision", Outcome.UNDECIDED),
    ],
)
def test_each_alarm_stops_a_good_model(changes: dict[str, Any], name: str, wanted: Outcome) -> None:
    verdict = judge(evidence(8_000, **changes), FAST)
    assert outcome(verdict, name) is wanted
    assert not verdict.passed
    assert verdict.outcome is wanted


def test_too_few_frauds_is_undecided_never_passed() -> None:
    verdict = judge(evidence(1_000), FAST)
    assert outcome(verdict, "enough_frauds") is Outcome.UNDECIDED
    assert verdict.outcome is Outcome.UNDECIDED
    assert not verdict.passed


def test_too_few_frauds_with_a_leak_is_failed() -> None:
    assert judge(evidence(1_000, train_overlap_rows=5), FAST).outcome is Outcome.FAILED


def test_frauds_of_a_single_payer_are_too_few() -> None:
    rows = evidence()
    verdict = judge(evidence(payer=np.where(rows.y, "one", rows.payer)), FAST)
    assert outcome(verdict, "enough_payers") is Outcome.UNDECIDED
    assert not verdict.passed


def test_the_same_evidence_gives_the_same_verdict() -> None:
    assert judge(evidence(6_000), FAST) == judge(evidence(6_000), FAST)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"probability": np.full(1_000, 1.2)}, "apply its calibration first"),
        ({"champion": np.full(1_000, np.nan)}, "score of champion: 1000 of 1000 values are not finite"),
        ({"payer": np.array(["a"])}, r"payer: shape \(1,\)"),
        ({"cohorts": {"key_type": np.array(["CPF"])}}, r"key_type: shape \(1,\)"),
    ],
)
def test_columns_that_do_not_fit_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(EvidenceError, match=message):
        evidence(1_000, **changes)
