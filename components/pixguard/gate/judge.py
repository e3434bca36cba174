"""Evidence and rules in, verdict out."""

from __future__ import annotations

from pixguard.gate.alarms import enough_frauds, latency, leakage, too_good
from pixguard.gate.comparisons import against_baseline, against_champion, calibration, cohort_checks, cohorts, floors
from pixguard.gate.evidence import Evidence
from pixguard.gate.measure import draw, metrics_of
from pixguard.gate.rules import GateRules
from pixguard.gate.verdict import Check, Outcome, Verdict
from pixguard.metrics import UndefinedIntervalError


def judge(evidence: Evidence, rules: GateRules) -> Verdict:
    """Return whether the challenger may be released, with every number behind the answer.

    With too few frauds only the leakage alarms and the latency are looked at, and the verdict is undecided at best.
    Deterministic: the same evidence and rules give the same verdict.
    """
    enough = enough_frauds(evidence, rules)
    early = [enough, *leakage(evidence, rules), *latency(evidence, rules)]
    if not enough.passed:
        return Verdict(tuple(early), {}, (), evidence.y.size, evidence.frauds)
    try:
        return _full_verdict(evidence, rules, early)
    except UndefinedIntervalError as error:
        few_payers = Check("enough_payers", Outcome.UNDECIDED, None, None, str(error))
        return Verdict((*early, few_payers), {}, (), evidence.y.size, evidence.frauds)


def _full_verdict(evidence: Evidence, rules: GateRules, early: list[Check]) -> Verdict:
    draws = draw(evidence, rules)
    metrics = metrics_of(evidence, draws, rules)
    challenger = metrics["challenger"]
    groups = cohorts(evidence, rules)
    checks = (
        *early,
        *too_good(challenger, rules),
        *floors(evidence, challenger, rules),
        *against_baseline(evidence, draws, rules),
        *against_champion(evidence, draws, rules),
        *calibration(evidence, challenger, rules),
        *cohort_checks(groups, rules),
    )
    return Verdict(checks, metrics, tuple(groups), evidence.y.size, evidence.frauds)
