"""Day after day, one version: how far from its reference and from its own days of this kind, and is it an alarm.

Two yardsticks. The reference is the training data, and its own days say how far a day of each kind strays from it;
where they are not known, only what is very far from it tells, as skew. The baseline is the version's first four weeks:
a shift that brings a feature no farther from the reference still moves it away from there, and its days, too, say how
far they stray. Chance is subtracted; one odd day is no alarm unless it is severe. Nothing here reads a clock.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from statistics import NormalDist

import numpy as np

from pixguard.cohorts import AS_THEY_ARE
from pixguard.drift.baseline import Baseline
from pixguard.drift.calendar import DayKind, kind_of
from pixguard.drift.counting import ALL
from pixguard.drift.day import DayCounts
from pixguard.drift.measures import BINS, MISSING, Int64s
from pixguard.drift.rules import DriftRules
from pixguard.drift.verdict import DayVerdict, Figure, Finding, What
from pixguard.metrics.divergence import jensen_shannon, stability_index, stability_noise
from pixguard.metrics.inputs import FloatArray

_NOT_A_SHAPE = ("degraded",)  # a share, judged as one
ALL_OF = (ALL, ALL)


class Judge:
    """Looks at the days of one version in their order; `reference` counts [measures, WIDTH], zeros where unknown."""

    def __init__(
        self, names: tuple[str, ...], reference: Int64s, rules: DriftRules, calendar: frozenset[str] = frozenset(),
        baseline: Baseline | None = None,
    ) -> None:  # fmt: skip
        self._names, self._reference, self._rules = names, reference, rules
        # A holiday on a Monday is a weekend to customers and a Monday to the clock: its features say nothing of them.
        self._calendar = np.array([name in calendar for name in names])
        self._shapes = np.array([name not in _NOT_A_SHAPE for name in names])
        self._baseline = baseline or Baseline()
        self._seasoned = bool(self._baseline.highest)
        self._before: tuple[Finding, ...] = ()
        self._alarmed: frozenset[tuple[str, str, str]] = frozenset()

    def look(self, counts: DayCounts) -> DayVerdict:
        """Return what the day shows, and remember it."""
        kind, rows = kind_of(counts.day), counts.rows
        if rows < self._rules.min_rows.value:
            return DayVerdict(counts.day, counts.version, kind, rows, "too_few")
        learning = self._baseline.days < self._rules.baseline_days.value
        distance, excess = self._distance(counts.whole, self._reference)
        bound = self._seasonal_bound(kind, learning)
        findings = list(self._beyond(What.DRIFT if self._seasoned or not learning else What.SKEW, excess, bound))
        findings += self._missed(counts, kind)
        if self._baseline.days >= self._rules.burn_in_days.value:
            findings += self._shares(counts, kind)
        figures = self._figures(counts, kind, distance, bound)
        if not learning:
            findings += self._shifts(counts, kind)
        verdict = self._remembered(counts, kind, findings)
        if learning and not self._before:
            self._stray(counts, kind)
            self._baseline.add(kind, counts, np.maximum(excess, 0), _missing(counts.whole))
        return replace(verdict, state="learning" if learning else "judged", figures=figures)

    def _remembered(self, counts: DayCounts, kind: DayKind, findings: list[Finding]) -> DayVerdict:
        """Tell the alarms among the findings; a cohort says nothing that all of them say already."""
        lasting = {each.key for each in self._before} if self._rules.lasting_days.value > 1 else None
        alarms = [each for each in findings if each.severe or lasting is None or each.key in lasting]
        everywhere = {each.measure for each in alarms if each.cohort == ALL}
        alarms = sorted(each for each in alarms if each.cohort == ALL or each.measure not in everywhere)
        began = tuple(each for each in alarms if each.key not in self._alarmed)
        self._remember(findings, alarms, lenient=kind is DayKind.FESTIVE or not self._baseline.knows(kind))
        return DayVerdict(
            counts.day, counts.version, kind, counts.rows, "judged",
            findings=tuple(sorted(findings)), alarms=tuple(alarms), began=began,
        )  # fmt: skip

    def _remember(self, findings: list[Finding], alarms: list[Finding], *, lenient: bool) -> None:
        """Keep what the next day is held against; a day with wider bounds confirms, but does not acquit."""
        keys = {each.key for each in findings}
        kept = [each for each in self._before if each.key not in keys] if lenient else []
        self._before = (*findings, *kept)
        self._alarmed = frozenset(each.key for each in alarms) | (self._alarmed if lenient else frozenset())

    def _distance(self, counts: Int64s, other: Int64s) -> tuple[FloatArray, FloatArray]:
        """Return the stability index [..., measures] and what of it is beyond chance; 0 where a side has nothing."""
        a, b = counts[..., :BINS], other[..., :BINS]
        index = stability_index(a, b)
        noise = stability_noise(a, b, self._rules.false_alarm_rate.value, self._rules.design_effect.value)
        there = (a.sum(axis=-1) > 0) & (b.sum(axis=-1) > 0) & self._shapes
        return np.where(there, index, 0.0), np.where(there, index - noise, 0.0)

    def _allowance(self, kind: DayKind) -> float:
        if self._baseline.knows(kind):
            return 1.0
        return self._rules.festive_ratio.value if kind is DayKind.FESTIVE else self._rules.unseen_kind_ratio.value

    def _seasonal_bound(self, kind: DayKind, learning: bool) -> FloatArray:
        usual = self._baseline.seasonal(kind)
        if usual is None or (learning and not self._seasoned):
            return np.full(len(self._names), self._rules.skew.value)
        wide = np.maximum(self._rules.shift.value, self._rules.seasonal_ratio.value * usual)
        return np.asarray(wide * self._allowance(kind))

    def _missed(self, counts: DayCounts, kind: DayKind) -> Iterator[Finding]:
        """Yield what is missing more often than on any day of this kind, or by far than in training."""
        usual = self._baseline.most_missing(kind)
        known = self._baseline.days >= self._rules.burn_in_days.value or self._seasoned
        if usual is None or not known:
            usual, limit = _missing(self._reference), self._rules.missing_skew.value
        else:
            limit = self._rules.missing_rise.value * self._allowance(kind)
        features = self._reference.sum(axis=-1) > 0
        yield from self._beyond(
            What.MISSING, (_missing(counts.whole) - usual) * features, np.full(len(features), limit)
        )

    def _stray(self, counts: DayCounts, kind: DayKind) -> None:
        """Remember how far the cohorts of a baseline's day lie from the days before it."""
        if self._baseline.days < self._rules.burn_in_days.value:
            return
        for key, table, other in self._beside(counts, kind):
            self._baseline.stray(key, np.maximum(self._distance(table, other)[1], 0))

    def _shifts(self, counts: DayCounts, kind: DayKind) -> Iterator[Finding]:
        nothing = np.zeros(len(self._names))
        for key, table, other in self._beside(counts, kind):
            limit = self._rules.shift.value if key == ALL_OF else self._rules.cohort_shift.value
            usual = self._rules.seasonal_ratio.value * self._baseline.strayed.get(key, nothing)
            bound = np.maximum(limit, usual) * self._allowance(kind)
            yield from self._beyond(What.SHIFT, self._distance(table, other)[1], bound, key)

    def _beside(self, counts: DayCounts, kind: DayKind) -> Iterator[tuple[tuple[str, str], Int64s, Int64s]]:
        """Yield each cohort's counts beside those of the baseline, where both are enough."""
        pool, place = self._baseline.pool(kind), self._names.index("decision")
        for cohort, (values, table) in counts.cohorts.items():
            for number, value in enumerate(values):
                other = pool.get((cohort, value))
                least = self._rules.min_rows.value
                if other is not None and min(table[number, place].sum(), other[place].sum()) >= least:
                    yield (cohort, value), table[number], other

    def _shares(self, counts: DayCounts, kind: DayKind) -> Iterator[Finding]:
        """Yield what shares tell: stopped payments, degraded decisions, values never seen."""
        pool, allowance = self._baseline.pool(kind)[ALL_OF], self._allowance(kind)
        for what, measure, bins in ((What.ALERTS, "decision", slice(1, 3)), (What.DEGRADED, "degraded", slice(1, 2))):
            place = self._names.index(measure)
            found, usual = (_share(side[place], bins) for side in (counts.whole, pool))
            if what is What.DEGRADED:
                high, low = usual + self._rules.degraded_rise.value, -1.0
            else:
                ratio = self._rules.alert_ratio.value * allowance
                high, low = usual * ratio, usual / ratio
            high, low = high + self._chance(high, counts.rows), low - self._chance(low, counts.rows)
            if not low <= found <= high:
                yield Finding(*ALL_OF, measure, what, found, high if found > high else low)
        yield from self._unseen(counts)

    def _chance(self, share: float, rows: int) -> float:
        """Return how far a share of so many rows strays by chance alone."""
        spread = max(share, 1 / rows) * self._rules.design_effect.value / rows
        return float(NormalDist().inv_cdf(1 - self._rules.false_alarm_rate.value) * np.sqrt(spread))

    def _unseen(self, counts: DayCounts) -> Iterator[Finding]:
        place, bound = self._names.index("decision"), self._rules.unseen_share.value
        for cohort in AS_THEY_ARE:
            values, table = counts.cohorts.get(cohort, ((), np.zeros((0, 0, 0), dtype=np.int64)))
            known = self._baseline.values(cohort)
            for number, value in enumerate(values):
                share = float(table[number, place].sum() / counts.rows)
                if value not in known and share > bound:
                    yield Finding(cohort, value, cohort, What.UNSEEN, share, bound)

    def _beyond(
        self, what: What, found: FloatArray, bound: FloatArray, of: tuple[str, str] = ALL_OF
    ) -> Iterator[Finding]:
        for place in np.flatnonzero((found > bound) & ~self._calendar):
            severe = bool(found[place] > self._rules.severe_ratio.value * bound[place])
            yield Finding(*of, self._names[place], what, float(found[place]), float(bound[place]), severe)

    def _figures(self, counts: DayCounts, kind: DayKind, distance: FloatArray, bound: FloatArray) -> tuple[Figure, ...]:
        pool = self._baseline.pool(kind).get(ALL_OF)
        known, pool = pool is not None, np.zeros_like(self._reference) if pool is None else pool
        from_baseline = self._distance(counts.whole, pool)[0]
        referred = self._reference[:, :BINS].sum(axis=-1) > 0
        yardstick = np.where(referred[:, None], self._reference, pool)[:, :BINS]
        divergence = jensen_shannon(counts.whole[:, :BINS], yardstick)
        usual = self._baseline.strayed.get(ALL_OF, np.zeros(len(self._names)))
        limit = np.maximum(self._rules.shift.value, self._rules.seasonal_ratio.value * usual) * self._allowance(kind)
        missing = _missing(counts.whole)
        return tuple(
            Figure(
                measure=name,
                from_reference=float(distance[n]) if referred[n] else None,
                reference_bound=float(bound[n]) if referred[n] and not self._calendar[n] else None,
                from_baseline=float(from_baseline[n]) if known else None,
                baseline_bound=float(limit[n]) if known and not self._calendar[n] else None,
                divergence=float(divergence[n]) if referred[n] or known else None,
                missing_share=float(missing[n]),
            )
            for n, name in enumerate(self._names)
        )


def _missing(counts: Int64s) -> FloatArray:
    """Return the share of missing values [..., measures]."""
    whole = counts.sum(axis=-1)
    return np.asarray(np.divide(counts[..., MISSING], whole, out=np.zeros(whole.shape), where=whole > 0))


def _share(counts: Int64s, bins: slice) -> float:
    whole = counts.sum()
    return float(counts[bins].sum() / whole) if whole else 0.0
