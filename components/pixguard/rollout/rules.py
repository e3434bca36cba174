"""Every number that a canary is judged by, and why it is that number."""

# ruff: noqa: RUF009  (a Bound is frozen: one may serve as a default)
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from pixguard.gate.rules import Bound, RulesError, replaced

STAGES = (0, 5, 25, 50)
"""Percent of the traffic, in turn; after the last the canary is promoted."""


@dataclass(frozen=True)
class RolloutRules:
    """The bounds of a rollout; shares are 0 to 1."""

    false_alarm_rate: Bound = Bound(
        0.01, "a choice: of a hundred canaries that are as good as stable, one may be rolled back by chance"
    )
    proof_level: Bound = Bound(
        0.05, "the usual level; a canary that slips through one stage meets the next one with more traffic"
    )
    min_requests: Bound = Bound(300, "with 300 requests and no error the share of errors is below 2.5 % at 95 %")
    min_pairs: Bound = Bound(300, "with 300 pairs a share of flips of 3 % is told apart from 10 %")
    min_stage_s: Bound = Bound(30, "a choice: leaks and slow failures want time, not only requests")
    ready_within_s: Bound = Bound(180, "a choice: fetching a version and starting its server takes well below a minute")
    unready_s: Bound = Bound(5, "a choice: a probe may fail once; a server that is away for longer has crashed")
    crashes: Bound = Bound(1, "a choice: a machine may take one server away; one that ends unasked again crashes")
    error_rise: Bound = Bound(0.002, "a choice: one more request lost in 500 is worse than any model's gain")
    error_tolerance: Bound = Bound(0.025, "what min_requests can show; each stage shows it again with more traffic")
    stable_errors: Bound = Bound(0.05, "a choice: when stable itself fails this often an incident is on: judge nobody")
    latency_ratio: Bound = Bound(1.5, "a choice: half as slow again is felt; histogram buckets differ by less")
    latency_slack_ms: Bound = Bound(2.0, "a choice: below this a ratio says more about the machine than the model")
    score_shift: Bound = Bound(
        2.0, "a choice: bins of the score, each threefold, that it moves on average; ten times higher or lower is a "
        "broken input, less is what training again does to the mass of tiny scores"
    )  # fmt: skip
    flips: Bound = Bound(0.10, "a choice: one payment in ten decided otherwise is another policy, not a new version")
    alert_ratio: Bound = Bound(2.0, "a choice: twice the held payments is twice the complaints; half is frauds let go")
    alert_slack: Bound = Bound(0.005, "a choice: a change below half a percent of the payments is a model's own right")
    cohort_ratio: Bound = Bound(3.0, "a choice: no group of customers may pay for the gain of the others")
    cohort_slack: Bound = Bound(0.02, "a choice: groups are small and their shares move")
    degraded_rise: Bound = Bound(0.02, "a choice: a version that misses features which stable finds is misconfigured")
    missed_rise: Bound = Bound(0.05, "a choice: one more fraud let go in twenty, among those known by now")
    wronged_rise: Bound = Bound(
        0.01, "a choice: one more honest payment stopped in a hundred, among those known by now"
    )

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> RolloutRules:
        """Return the default rules with the named bounds replaced; each is {"value": number, "reason": text}."""
        rules = replaced(cls(), "rollout", data, _bound)
        for name in ("false_alarm_rate", "proof_level"):
            if not 0 < getattr(rules, name).value < 1:
                raise RulesError(
                    f"rollout rule {name}: {getattr(rules, name).value}, wanted more than 0 and less than 1"
                )
        return rules

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` reads."""
        return asdict(self)


def next_stage(percent: int) -> int | None:
    """Return the share of the traffic after `percent`, None where promotion comes next."""
    return next((stage for stage in STAGES if stage > percent), None)


def _bound(name: str, data: Any) -> Bound:
    if not isinstance(data, Mapping) or set(data) != {"value", "reason"}:
        raise RulesError(f'rollout rule {name}: {data!r}, wanted {{"value": number, "reason": text}}')
    value = data["value"]
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise RulesError(f"rollout rule {name}: value {value!r}, wanted a number of 0 or more")
    return Bound(float(value), str(data["reason"]))
