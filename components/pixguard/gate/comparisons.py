"""Checks that the challenger is good enough: against floors, the baseline and the champion, and fair to cohorts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from pixguard.gate.evidence import Evidence
from pixguard.gate.measure import calibration_noise, cohort_difference
from pixguard.gate.rules import Bound, GateRules
from pixguard.gate.verdict import Check, CohortResult, Outcome
from pixguard.metrics import Draws, Interval, UndefinedIntervalError
from pixguard.metrics.inputs import BoolArray, FloatArray


def no_loss(interval: Interval, bound: Bound) -> Outcome:
    """Passed when the interval excludes a loss above the bound, failed when a loss is shown, else undecided."""
    if interval.low >= -bound.value:
        return Outcome.PASSED
    if interval.high < 0 or interval.estimate < -bound.value:
        return Outcome.FAILED
    return Outcome.UNDECIDED


def no_veto(interval: Interval, bound: Bound) -> Outcome:
    """Failed when a loss above the bound is shown, undecided when it is only likely, else passed.

    For the noisier metrics beside average precision: to prove them equal would take thousands of frauds.
    """
    if interval.estimate >= -bound.value:
        return Outcome.PASSED
    return Outcome.FAILED if interval.high < 0 else Outcome.UNDECIDED


def floors(evidence: Evidence, metrics: Mapping[str, Interval], rules: GateRules) -> Iterator[Check]:
    """Yield the absolute floors: the whole interval must lie above."""
    prevalence = evidence.frauds / evidence.y.size
    for name, metric, bound, unit in (
        ("floor_ap_lift", "average_precision", rules.floor_ap_lift, prevalence),
        ("floor_roc_auc", "roc_auc", rules.floor_roc_auc, 1.0),
        ("floor_recall_fpr_1pct", "recall_at_fpr_1pct", rules.floor_recall_fpr_1pct, 1.0),
    ):
        found = metrics[metric]
        outcome = Outcome.PASSED if found.low >= bound.value * unit else Outcome.UNDECIDED
        outcome = Outcome.FAILED if found.estimate < bound.value * unit else outcome
        yield Check(name, outcome, found.estimate / unit, bound.value, bound.reason, found)


def against_baseline(evidence: Evidence, draws: Draws, rules: GateRules) -> Iterator[Check]:
    """Yield one check: not below the gradient-boosted baseline by more than the bound and beyond the interval.

    What is shown to be better than the champion passes all the same: the baseline does not serve, the champion does.
    """
    name, bound = "baseline_average_precision", rules.baseline_ap_loss
    if evidence.baseline is None:
        yield Check(name, Outcome.UNDECIDED, None, -bound.value, "the baseline did not score these rows")
        return
    found = draws.difference("challenger", "baseline", "average_precision")
    worse, reason = found.high < 0 and found.estimate < -bound.value, bound.reason
    if worse and evidence.champion is not None:
        worse = draws.difference("challenger", "champion", "average_precision").low <= 0
        reason = reason if worse else "below the baseline, but shown to be better than what serves today"
    yield Check(name, Outcome.FAILED if worse else Outcome.PASSED, found.estimate, -bound.value, reason, found)


def against_champion(evidence: Evidence, draws: Draws, rules: GateRules) -> Iterator[Check]:
    """Yield the comparisons with what serves today; none when nothing serves.

    Average precision must be shown not to fall; the other metrics may veto.
    """
    if evidence.champion is None:
        return
    found = draws.difference("challenger", "champion", "average_precision")
    bound = rules.champion_ap_loss
    outcome = no_loss(found, bound)
    yield Check("champion_average_precision", outcome, found.estimate, -bound.value, bound.reason, found)
    yield _gain(found, rules)
    for metric, bound in (
        ("value_detection_rate", rules.champion_value_loss),
        ("recall_at_fpr_0.1pct", rules.champion_recall_loss),
        ("recall_at_fpr_1pct", rules.champion_recall_loss),
    ):
        found = draws.difference("challenger", "champion", metric)
        outcome = no_veto(found, bound)
        yield Check(f"champion_{metric}", outcome, found.estimate, -bound.value, bound.reason, found)


def _gain(found: Interval, rules: GateRules) -> Check:
    bound = rules.champion_ap_gain
    outcome = Outcome.PASSED if found.estimate >= bound.value else Outcome.FAILED
    return Check("champion_gain", outcome, found.estimate, bound.value, bound.reason, found)


def calibration(evidence: Evidence, metrics: Mapping[str, Interval], rules: GateRules) -> Iterator[Check]:
    """Yield one check: calibration error over prevalence, failed when it also exceeds what chance alone shows."""
    found, bound = metrics["expected_calibration_error"], rules.calibration_error
    prevalence = evidence.frauds / evidence.y.size
    noise = calibration_noise(evidence, rules)
    bad = found.estimate > bound.value * prevalence and found.estimate > noise
    reason = f"{bound.reason}; true probabilities would show up to {noise / prevalence:.2f} by chance"
    outcome = Outcome.FAILED if bad else Outcome.PASSED
    yield Check("calibration_error", outcome, found.estimate / prevalence, bound.value, reason, found)


def cohorts(evidence: Evidence, rules: GateRules) -> list[CohortResult]:
    """Return challenger minus champion for every cohort, judged or only listed; none where nothing serves.

    A first model takes nothing from anybody. A cohort fails when a loss beyond the bound is shown, not when one is
    likely: a hundred cohorts are looked at, most with few frauds.
    """
    opponent = evidence.champion
    if opponent is None:
        return []
    payer = np.unique(evidence.payer, return_inverse=True)[1]  # numbers sort faster than tokens, in every cohort
    found: list[CohortResult] = []
    for column, values in evidence.cohorts.items():
        names, codes = np.unique(np.asarray(values, dtype=np.str_), return_inverse=True)
        found.extend(
            _cohort(evidence, payer, opponent, (column, str(name)), codes == i, rules) for i, name in enumerate(names)
        )
    return found


def _cohort(  # noqa: PLR0917
    evidence: Evidence,
    payer: NDArray[np.intp],
    opponent: FloatArray,
    cohort: tuple[str, str],
    mask: BoolArray,
    rules: GateRules,
) -> CohortResult:
    rows, frauds = int(mask.sum()), int(evidence.y[mask].sum())
    if frauds < rules.cohort_min_frauds.value or frauds == rows:
        return CohortResult(*cohort, rows, frauds, Outcome.UNDECIDED, None)
    try:
        interval = cohort_difference(evidence, payer, opponent, mask, rules)
    except UndefinedIntervalError:  # its frauds belong to very few payers: listed, not judged
        return CohortResult(*cohort, rows, frauds, Outcome.UNDECIDED, None)
    worse = interval.high < -rules.cohort_ap_loss.value
    return CohortResult(*cohort, rows, frauds, Outcome.FAILED if worse else Outcome.PASSED, interval)


def cohort_checks(results: list[CohortResult], rules: GateRules) -> Iterator[Check]:
    """Yield one check a cohort column: its worst judged cohort, and how many were too small to judge."""
    for column in dict.fromkeys(result.column for result in results):
        group = [result for result in results if result.column == column]
        judged = [(result.interval.estimate, result) for result in group if result.interval is not None]
        yield _cohort_check(column, judged, len(group), rules)


def _cohort_check(column: str, judged: list[tuple[float, CohortResult]], count: int, rules: GateRules) -> Check:
    bound = rules.cohort_ap_loss
    small = f"{count - len(judged)} of {count} cohorts have fewer than {rules.cohort_min_frauds.value:g} frauds"
    if not judged:
        return Check(f"cohort_{column}", Outcome.PASSED, None, -bound.value, f"none could be judged: {small}")
    failed = [each for each in judged if each[1].outcome is Outcome.FAILED]
    value, worst = min(failed or judged, key=lambda each: each[0])
    outcome = Outcome.FAILED if failed else Outcome.PASSED
    reason = f"worst is {column}={worst.value}; {small}; {bound.reason}"
    return Check(f"cohort_{column}", outcome, value, -bound.value, reason, worst.interval)
