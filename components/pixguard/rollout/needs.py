"""What a stage must have seen before the next one begins. A need that is not met holds the canary; it blames nobody."""

from __future__ import annotations

from collections.abc import Iterator

from pixguard.gate.verdict import Outcome
from pixguard.rollout.evidence import Evidence, Tally
from pixguard.rollout.guards import Check
from pixguard.rollout.rules import RolloutRules
from pixguard.rollout.sequences import share_bounds


def need_checks(evidence: Evidence, rules: RolloutRules) -> Iterator[Check]:
    """Yield what the stage needs: a ready canary, the asked split, time, pairs, and where it serves, requests."""
    yield _readiness(evidence, rules)
    reason = "the proxy divides the traffic as Git says" if evidence.applied else "Git is ahead of what the proxy does"
    yield Check("applied", _met(evidence.applied), None, None, reason)
    reason = "the store holds the version" if evidence.stored else "the store does not answer for it, or lacks it"
    yield Check("stored", _met(evidence.stored), None, None, reason)
    yield _enough("seconds", evidence.stage_s, rules.min_stage_s.value)
    yield _enough("pairs", evidence.pairs.flips.trials, rules.min_pairs.value)
    yield _incident(evidence, rules)
    if evidence.percent > 0:
        canary = evidence.canary
        for name, count in (
            ("requests", canary.errors.trials),
            ("timed_requests", max(canary.latency_ms.total, canary.server_latency_ms.total)),
            ("logged_decisions", canary.alerts.trials),
        ):
            yield _enough(name, count, rules.min_requests.value)
        yield _proof("errors_bounded", canary.errors, evidence.stable.errors, rules)
    else:
        yield _proof("failures_bounded", evidence.pairs.failures, evidence.pairs.stable_failures, rules)


def _readiness(evidence: Evidence, rules: RolloutRules) -> Check:
    """Return failed for a canary that never became ready in time, that serves and is away, or that crashes."""
    if evidence.crashes > rules.crashes.value:
        reason = f"its servers ended unasked {evidence.crashes} times; {rules.crashes.reason}"
        return Check("ready", Outcome.FAILED, float(evidence.crashes), None, reason)
    if evidence.ready:
        return Check("ready", Outcome.PASSED, None, None, "the canary is ready")
    away, limit = evidence.unready_s, rules.unready_s.value
    failed = away >= limit and (evidence.percent > 0 or evidence.asked_s >= rules.ready_within_s.value)
    reason = f"not ready for {away:.0f} s, {evidence.asked_s:.0f} s after Git asked for it at {evidence.percent} %"
    return Check("ready", Outcome.FAILED if failed else Outcome.UNDECIDED, away, None, reason)


def _incident(evidence: Evidence, rules: RolloutRules) -> Check:
    """Return undecided while stable itself fails: what hurts both says nothing about the canary."""
    tally = max(evidence.stable.errors, evidence.pairs.stable_failures, key=lambda each: each.share or 0)
    low = float(share_bounds(tally.hits, tally.trials, rules.proof_level.value)[0])
    calm = low <= rules.stable_errors.value
    reason = f"stable fails {tally.hits:,} of {tally.trials:,}"
    return Check("stable_healthy", _met(calm), None, tally.share, reason if calm else f"an incident is on: {reason}")


def _proof(name: str, canary: Tally, stable: Tally, rules: RolloutRules) -> Check:
    level = rules.proof_level.value / 2
    low, high = share_bounds([canary.hits, stable.hits], [canary.trials, stable.trials], level)
    limit = float(low[1]) + rules.error_tolerance.value
    reason = f"{canary.hits:,} of {canary.trials:,}: at most {high[0]:.2%}, wanted at most {limit:.2%}"
    return Check(name, _met(bool(high[0] <= limit)), canary.share, stable.share, reason)


def _enough(name: str, found: float, wanted: float) -> Check:
    return Check(name, _met(found >= wanted), found, None, f"{found:,.0f} of the {wanted:,.0f} that a stage needs")


def _met(condition: bool) -> Outcome:
    return Outcome.PASSED if condition else Outcome.UNDECIDED
