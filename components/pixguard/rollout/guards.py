"""What may go wrong with a canary, one guard each: it fails only when the canary is shown to be worse than allowed.

A guard compares bounds that hold at every look (`sequences`), so looking often costs nothing. The false-alarm rate is
divided among the stages and the guards, within the cohorts among these: it holds for a whole rollout (Bonferroni).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pixguard.gate.verdict import Outcome
from pixguard.metrics.divergence import bins_moved
from pixguard.rollout.cohorts import COHORTS
from pixguard.rollout.evidence import Evidence, Histogram, Tally
from pixguard.rollout.rules import STAGES, RolloutRules
from pixguard.rollout.sequences import bins_moved_low, quantile_bounds, share_bounds

GUARDS = (
    *("errors", "degraded", "latency_p50", "latency_p99", "server_latency_p50", "server_latency_p99"),
    *("score_shift", "alerts_more", "alerts_fewer", "cohorts"),
    *("missed_frauds", "wronged_payments", "replay_failures", "replay_latency_p50", "replay_latency_p99"),
    *("replay_score_shift", "replay_flips"),
)


@dataclass(frozen=True)
class Check:
    """One question about the canary, its answer, and the two figures that were compared."""

    name: str
    outcome: Outcome
    canary: float | None
    stable: float | None
    reason: str

    @property
    def measured(self) -> bool:
        """Return whether there is a figure of the canary at all."""
        return self.canary is not None


@dataclass(frozen=True)
class _Question:
    """Is the share `worse` above the share `better` times `ratio` plus `slack`?"""

    name: str
    worse: Tally
    better: Tally
    ratio: float
    slack: float
    alpha: float
    swapped: bool = False  # the canary's share is `better`


def guard_level(rules: RolloutRules) -> float:
    """Return the chance of a false alarm that one guard has in one stage."""
    return rules.false_alarm_rate.value / (len(STAGES) * len(GUARDS))


def guard_checks(evidence: Evidence, rules: RolloutRules) -> list[Check]:
    """Return one check a guard, cohorts as the worst of them; failed, or passed for want of proof against it."""
    level = guard_level(rules)
    checks = _answers(list(_questions(evidence, rules, level)))
    shares = [check for check in checks if not check.name.startswith("cohort ")]
    cohorts = [check for check in checks if check.name.startswith("cohort ")]
    return [*shares, _worst(cohorts), *_slowness(evidence, rules, level), *_shifts(evidence, rules, level)]


def _questions(evidence: Evidence, rules: RolloutRules, level: float) -> Iterator[_Question]:
    canary, stable, pairs = evidence.canary, evidence.stable, evidence.pairs
    yield _Question("errors", canary.errors, stable.errors, 1, rules.error_rise.value, level)
    yield _Question("degraded", canary.degraded, stable.degraded, 1, rules.degraded_rise.value, level)
    yield _Question("missed_frauds", canary.missed, stable.missed, 1, rules.missed_rise.value, level)
    yield _Question("wronged_payments", canary.wronged, stable.wronged, 1, rules.wronged_rise.value, level)
    yield _Question("replay_failures", pairs.failures, pairs.stable_failures, 1, rules.error_rise.value, level)
    yield _Question("replay_flips", pairs.flips, Tally(), 0, rules.flips.value, level)
    ratio, slack = rules.alert_ratio.value, rules.alert_slack.value
    yield _Question("alerts_more", canary.alerts, stable.alerts, ratio, slack, level)
    yield _Question("alerts_fewer", stable.alerts, canary.alerts, ratio, slack, level, swapped=True)
    ratio, slack = rules.cohort_ratio.value, rules.cohort_slack.value
    for cohort in COHORTS:
        one, other = (arm.cohorts.get(cohort, Tally()) for arm in (canary, stable))
        name = f"cohort {cohort[0]}={cohort[1]}"
        yield _Question(name, one, other, ratio, slack, level / len(COHORTS) / 2)
        yield _Question(name, other, one, ratio, slack, level / len(COHORTS) / 2, swapped=True)


def _answers(questions: Sequence[_Question]) -> list[Check]:
    """Answer all questions with one call for the bounds of both sides; half of each level goes to a side."""
    sides = [tally for each in questions for tally in (each.worse, each.better)]
    levels = [each.alpha / 2 for each in questions for _ in range(2)]
    low, high = share_bounds([side.hits for side in sides], [side.trials for side in sides], levels)
    limits = [high[2 * i + 1] * each.ratio + each.slack for i, each in enumerate(questions)]
    return [_answer(each, float(low[2 * i]), float(limits[i])) for i, each in enumerate(questions)]


def _answer(question: _Question, low: float, limit: float) -> Check:
    failed = low > limit
    reason = f"{_said(question.worse)} against {_said(question.better)}"
    if question.ratio == 0:
        reason = f"{_said(question.worse)}, {question.slack:.1%} allowed"
    if failed:
        reason += f"; at least {low:.2%} where at most {limit:.2%} is allowed"
    canary, stable = question.worse.share, question.better.share
    if question.swapped:
        canary, stable = stable, canary
    return Check(question.name, Outcome.FAILED if failed else Outcome.PASSED, canary, stable, reason)


def _worst(cohorts: Sequence[Check]) -> Check:
    """Return the cohort that failed, or the widest apart."""
    worst = max(
        cohorts, key=lambda each: (each.outcome is Outcome.FAILED, abs((each.canary or 0) - (each.stable or 0)))
    )
    return Check("cohorts", worst.outcome, worst.canary, worst.stable, f"{worst.name[7:]}: alerts {worst.reason}")


def _slowness(evidence: Evidence, rules: RolloutRules, level: float) -> Iterator[Check]:
    pairs = evidence.pairs
    for name, canary, stable in (
        ("latency", evidence.canary.latency_ms, evidence.stable.latency_ms),
        ("server_latency", evidence.canary.server_latency_ms, evidence.stable.server_latency_ms),
        ("replay_latency", pairs.latency_ms, pairs.stable_latency_ms),
    ):
        for label, quantile in (("p50", 0.5), ("p99", 0.99)):
            yield _slower(f"{name}_{label}", (canary, stable), quantile, rules, level)


def _slower(name: str, arms: tuple[Histogram, Histogram], quantile: float, rules: RolloutRules, level: float) -> Check:
    found, reference = (arm.quantile(quantile) for arm in arms)
    bounds, allowed = (quantile_bounds(arm.edges, arm.counts, quantile, level / 2) for arm in arms)
    if bounds is None or allowed is None or found is None or reference is None:
        return Check(name, Outcome.PASSED, found, reference, "nothing was measured")
    limit = allowed[1] * rules.latency_ratio.value + rules.latency_slack_ms.value
    reason = f"{found:.3g} ms of {arms[0].total:,} against {reference:.3g} ms of {arms[1].total:,}"
    if bounds[0] <= limit:
        return Check(name, Outcome.PASSED, found, reference, reason)
    reason += f"; at least {bounds[0]:.3g} ms where at most {limit:.3g} ms is allowed"
    return Check(name, Outcome.FAILED, found, reference, reason)


def _shifts(evidence: Evidence, rules: RolloutRules, level: float) -> Iterator[Check]:
    pairs = evidence.pairs
    for name, canary, stable in (
        ("score_shift", evidence.canary.scores, evidence.stable.scores),
        ("replay_score_shift", pairs.scores, pairs.stable_scores),
    ):
        if not sum(canary) or not sum(stable):
            yield Check(name, Outcome.PASSED, None, None, "nothing was scored")
            continue
        found, low = float(bins_moved(canary, stable)), bins_moved_low(canary, stable, level)
        failed = low > rules.score_shift.value
        reason = f"scores moved {found:.2f} bins, at least {low:.2f}; {rules.score_shift.value:g} are allowed"
        yield Check(name, Outcome.FAILED if failed else Outcome.PASSED, found, None, reason)


def _said(tally: Tally) -> str:
    return "none" if tally.share is None else f"{tally.share:.2%} of {tally.trials:,}"
