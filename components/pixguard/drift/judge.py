"""Day after day, one version: how far from its reference and from its own days of this kind, and is it an alarm.

Two yardsticks. The reference is the training data: what is far from it in the first week already is skew, no drift;
from then on the highest distance of the baseline's days of the same kind is the season's own, and only more counts. The
baseline is the version's first four weeks: a shift that brings a feature no farther from the reference still moves
it away from there. Chance is subtracted, and one odd day is no alarm unless it is severe. Nothing here reads a clock.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

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
        self, names: tuple[str, ...], reference: Int64s, rules: DriftRules, calendar: frozenset[str] = frozenset()
    ) -> None:
        self._names, self._reference, self._rules = names, reference, rules
        # A holiday on a Monday is a weekend to customers and a Monday to the clock: its features say nothing of them.
        self._calendar = np.array([name in calendar for name in names])
        self._shapes = np.array([name not in _NOT_A_SHAPE for name in names])
        self._baseline = Baseline()
        self._before: tuple[Finding, ...] = ()
        self._alarmed: frozenset[tuple[str, str, str]] = frozenset()

    def look(self, counts: DayCounts) -> DayVerdict:
        """Return what the day shows, and remember it."""
        kind, rows = kind_of(counts.day), counts.rows
        if rows < self._rules.min_rows.value:
            return DayVerdict(counts.day, counts.version, kind, rows, "too_few")
        young = self._baseline.days < self._rules.burn_in_days.value
        distance, excess = self._distance(counts.whole, self._reference)
        if young:
            bound = np.full(len(self._names), self._rules.skew.value)
            findings = [*self._skew(counts, excess, bound)]
            figures = self._figures(counts, kind, distance, bound, known=False)
        else:
            bound = self._seasonal_bound(kind)
            findings = [*self._drift(excess, bound), *self._shifts(counts, kind), *self._shares(counts, kind)]
            figures = self._figures(counts, kind, distance, bound, known=True)
        verdict = self._remembered(counts, kind, findings)
        if young or (self._baseline.days < self._rules.baseline_days.value and not self._before):
            self._baseline.add(kind, counts, distance)
        return replace(verdict, state="burn_in" if young else "judged", figures=figures)

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

    def _seasonal_bound(self, kind: DayKind) -> FloatArray:
        usual = self._rules.seasonal_ratio.value * self._baseline.seasonal(kind)
        return np.asarray(np.maximum(self._rules.shift.value, usual) * self._allowance(kind))

    def _skew(self, counts: DayCounts, excess: FloatArray, bound: FloatArray) -> Iterator[Finding]:
        yield from self._beyond(What.SKEW, excess, bound, ~self._calendar)
        known = self._reference.sum(axis=-1) > 0
        missing = _missing(counts.whole) - _missing(self._reference) * known
        limit = np.full(len(self._names), self._rules.missing_skew.value)
        yield from self._beyond(What.MISSING, missing, limit, known)

    def _drift(self, excess: FloatArray, bound: FloatArray) -> Iterator[Finding]:
        """Yield what is farther from the reference than the season explains."""
        yield from self._beyond(What.DRIFT, excess, bound, ~self._calendar)

    def _shifts(self, counts: DayCounts, kind: DayKind) -> Iterator[Finding]:
        pool, allowance = self._baseline.pool(kind), self._allowance(kind)
        for cohort, (values, table) in counts.cohorts.items():
            limit = self._rules.shift.value if cohort == ALL else self._rules.cohort_shift.value
            bound = np.full(len(self._names), limit * allowance)
            place = self._names.index("decision")
            for number, value in enumerate(values):
                other = pool.get((cohort, value))
                if other is None or min(table[number, place].sum(), other[place].sum()) < self._rules.min_rows.value:
                    continue
                excess = self._distance(table[number], other)[1]
                yield from self._beyond(What.SHIFT, excess, bound, ~self._calendar, (cohort, value))

    def _shares(self, counts: DayCounts, kind: DayKind) -> Iterator[Finding]:
        """Yield what shares tell: missing values, stopped payments, degraded decisions, values never seen."""
        pool = self._baseline.pool(kind)[ALL, ALL]
        rise, allowance = _missing(counts.whole) - _missing(pool), self._allowance(kind)
        limit = np.full(len(self._names), self._rules.missing_rise.value)
        yield from self._beyond(What.MISSING, rise, limit, np.ones(len(self._names), dtype=np.bool_))
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
                yield Finding(ALL, ALL, measure, what, found, high if found > high else low)
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
        self, what: What, found: FloatArray, bound: FloatArray, judged: NDArray[np.bool_], of: tuple[str, str] = ALL_OF
    ) -> Iterator[Finding]:
        for place in np.flatnonzero((found > bound) & judged):
            severe = found[place] > self._rules.severe_ratio.value * bound[place]
            name = self._names[place]
            yield Finding(*of, name, what, float(found[place]), float(bound[place]), bool(severe))

    def _figures(
        self, counts: DayCounts, kind: DayKind, distance: FloatArray, bound: FloatArray, *, known: bool
    ) -> tuple[Figure, ...]:
        pool = self._baseline.pool(kind)[ALL, ALL] if known else np.zeros_like(self._reference)
        from_baseline = self._distance(counts.whole, pool)[0]
        referred = self._reference[:, :BINS].sum(axis=-1) > 0
        yardstick = np.where(referred[:, None], self._reference, pool)[:, :BINS]
        divergence = jensen_shannon(counts.whole[:, :BINS], yardstick)
        limit = self._rules.shift.value * self._allowance(kind)
        return tuple(
            Figure(
                name,
                *((float(distance[n]), float(bound[n])) if referred[n] else (None, None)),
                *((float(from_baseline[n]), limit) if known else (None, None)),
                float(divergence[n]) if referred[n] or known else None,
                float(_missing(counts.whole)[n]),
            )
            for n, name in enumerate(self._names)
        )


def _missing(counts: Int64s) -> FloatArray:
    """Return the share of missing values [..., measures]."""
    whole = counts.sum(axis=-1)
    return np.divide(counts[..., MISSING], whole, out=np.zeros(whole.shape), where=whole > 0)


def _share(counts: Int64s, bins: slice) -> float:
    whole = counts.sum()
    return float(counts[bins].sum() / whole) if whole else 0.0
