"""Checks that the evidence can be trusted: a result that is too good is an alarm, not a success."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pixguard.gate.evidence import Evidence
from pixguard.gate.rules import Bound, GateRules
from pixguard.gate.verdict import Check, Outcome
from pixguard.metrics import Interval


def leakage(evidence: Evidence, rules: GateRules) -> Iterator[Check]:
    """Yield the alarms that need no metric of the model."""
    yield _later_rows(evidence)
    yield _none_of("train_overlap", evidence.train_overlap_rows, "payments that were trained on must not be judged on")
    yield _none_of("label_before_event", evidence.labels_before_event, "a label known before its payment is a leak")
    yield _largest("single_feature_auc", evidence.feature_auc, rules.single_feature_auc)
    yield _largest("importance_share", _shares(evidence.feature_importance), rules.importance_share)


def too_good(metrics: Mapping[str, Interval], rules: GateRules) -> Iterator[Check]:
    """Yield the alarm on average precision above the stated ceiling."""
    found, bound = metrics["average_precision"], rules.ap_ceiling
    outcome = Outcome.FAILED if found.estimate > bound.value else Outcome.PASSED
    yield Check("ap_ceiling", outcome, found.estimate, bound.value, bound.reason, found)


def latency(evidence: Evidence, rules: GateRules) -> Iterator[Check]:
    """Yield the check of the 99th percentile of scoring one payment."""
    bound, value = rules.latency_p99_ms, evidence.latency_p99_ms
    if value is None:
        yield Check("latency_p99_ms", Outcome.UNDECIDED, None, bound.value, "not measured")
        return
    outcome = Outcome.PASSED if 0 < value <= bound.value else Outcome.FAILED
    yield Check("latency_p99_ms", outcome, value, bound.value, bound.reason)


def enough_frauds(evidence: Evidence, rules: GateRules) -> Check:
    """Return whether there is enough to judge at all."""
    bound, frauds = rules.min_frauds, evidence.frauds
    enough = bound.value <= frauds < evidence.y.size
    outcome = Outcome.PASSED if enough else Outcome.UNDECIDED
    return Check("enough_frauds", outcome, float(frauds), bound.value, bound.reason)


def _later_rows(evidence: Evidence) -> Check:
    name, reason = "later_rows", "seconds from the last training row to the first judged one: must be above 0"
    if evidence.trained_until is None:
        return Check(name, Outcome.UNDECIDED, None, 0.0, "the end of training is not known")
    gap_s = float((evidence.event_time.min() - evidence.trained_until).astype("timedelta64[us]").astype(int)) / 1e6
    return Check(name, Outcome.PASSED if gap_s > 0 else Outcome.FAILED, gap_s, 0.0, reason)


def _none_of(name: str, count: int | None, reason: str) -> Check:
    if count is None:
        return Check(name, Outcome.UNDECIDED, None, 0.0, "not counted")
    return Check(name, Outcome.PASSED if count == 0 else Outcome.FAILED, float(count), 0.0, reason)


def _shares(importance: Mapping[str, float] | None) -> Mapping[str, float] | None:
    total = sum(abs(value) for value in (importance or {}).values())
    if importance is None or total == 0:
        return None
    return {name: abs(value) / total for name, value in importance.items()}


def _largest(name: str, values: Mapping[str, float] | None, bound: Bound) -> Check:
    if not values:
        return Check(name, Outcome.UNDECIDED, None, bound.value, "not measured")
    worst = max(values, key=lambda each: values[each])
    outcome = Outcome.FAILED if values[worst] > bound.value else Outcome.PASSED
    return Check(name, outcome, values[worst], bound.value, f"highest is {worst}; {bound.reason}")
