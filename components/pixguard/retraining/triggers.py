"""Three reasons to train again: the champion is old, its drift lasts, it no longer keeps what the gate promised."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from pixguard.retraining.evidence import Evidence
from pixguard.retraining.rules import RetrainingRules


class Cause(StrEnum):
    """Why a model is trained again."""

    SCHEDULE = "schedule"
    DRIFT = "drift"
    LOSS = "loss"


@dataclass(frozen=True)
class Trigger:
    """One cause, whether it holds today, and the figures behind that; `measures` names what it was seen in."""

    cause: Cause
    fired: bool
    found: float | None
    bound: float
    reason: str
    measures: tuple[str, ...] = ()


def triggers(evidence: Evidence, rules: RetrainingRules) -> Iterator[Trigger]:
    """Yield all three, fired or not."""
    yield schedule(evidence, rules)
    yield drift(evidence, rules)
    yield loss(evidence, rules)


def schedule(evidence: Evidence, rules: RetrainingRules) -> Trigger:
    """Return whether what taught the champion is too old."""
    age, bound = (evidence.day - evidence.taught_until).days, rules.max_age_days.value
    reason = f"payments of {evidence.taught_until} were the last to teach {evidence.champion}, {age} days ago"
    return Trigger(Cause.SCHEDULE, age >= bound, float(age), bound, reason)


def drift(evidence: Evidence, rules: RetrainingRules) -> Trigger:
    """Return whether the champion had alarms on enough of the last judged days."""
    first = evidence.day - timedelta(days=int(rules.drift_window_days.value))
    window = [each for each in evidence.days if first <= each.day < evidence.day]
    alarmed = [each for each in window if each.measures]
    measures = tuple(dict.fromkeys(name for each in alarmed for name in each.measures))
    reason = f"alarms on {len(alarmed)} of {len(window)} judged days since {first}"
    return Trigger(Cause.DRIFT, len(alarmed) >= rules.drift_days.value, float(len(alarmed)), rules.drift_days.value,
                   reason, measures)  # fmt: skip


def loss(evidence: Evidence, rules: RetrainingRules) -> Trigger:
    """Return whether the champion has been below a figure that the gate promised for some decisions in a row."""
    gaps = gaps_of(evidence, rules)
    found = max((gap for gap, _ in gaps.values()), default=None)
    if evidence.frauds < rules.min_frauds.value:
        reason = f"{evidence.frauds} matured frauds, {rules.min_frauds.value:g} are needed to tell"
        return Trigger(Cause.LOSS, False, found, rules.loss.value, reason)
    short = lasting = short_of(evidence, rules)
    for past in _days_before(evidence, int(rules.loss_days.value) - 1):
        lasting = tuple(name for name in lasting if name in past)
    told = "; ".join(gaps[name][1] for name in short) or "what the gate promised is kept, as far as can be told"
    return Trigger(Cause.LOSS, bool(lasting), found, rules.loss.value, told, short)


def short_of(evidence: Evidence, rules: RetrainingRules) -> tuple[str, ...]:
    """Return the figures whose live interval lies below the promised one by more than the bound."""
    if evidence.frauds < rules.min_frauds.value:
        return ()
    return tuple(name for name, (gap, _) in gaps_of(evidence, rules).items() if gap > rules.loss.value)


def gaps_of(evidence: Evidence, rules: RetrainingRules) -> dict[str, tuple[float, str]]:
    """Return by how much each live interval lies below what was promised (negative where they meet), and it in words.

    The highest promise of the last promise_days counts, be it a predecessor's.
    """
    first = evidence.day - timedelta(days=int(rules.promise_days.value))
    past = [each.promised for each in evidence.past if first <= each.day < evidence.day]
    gaps = {}
    for name, each in (evidence.promises or {}).items():
        low = max(each.promised.low, *(promised.get(name, 0.0) for promised in past), 0.0)
        if each.found is not None:
            said = f"{name} {each.found.low:.3f} to {each.found.high:.3f}, promised {low:.3f} at least"
            gaps[name] = (low - each.found.high, said)
    return gaps


def _days_before(evidence: Evidence, count: int) -> Iterator[tuple[str, ...]]:
    """Yield what the champion was short of on each of so many days before; nothing where no decision was made."""
    by_day = {each.day: each for each in evidence.past if each.champion == evidence.champion}
    for n in range(1, count + 1):
        found = by_day.get(evidence.day - timedelta(days=n))
        yield found.short if found else ()
