"""The bounds on a run as a whole: freshness, volume, gaps, rejects, labels, and drift against the last accepted run."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from pixguard.expectations.statistics import CHOICES, NULLABLE, Statistics, stability_index


@dataclass(frozen=True)
class Limits:
    """What a run may be like; every field can be set by a caller that knows its data.

    Ratios are against the last accepted run, both ways: 2 means from half to twice.
    """

    max_age: timedelta = timedelta(days=2)  # a daily load that misses two days in a row is stale
    clock_ahead: timedelta = timedelta(minutes=5)  # of the sender, as most token issuers tolerate
    min_rows: int = 1_000  # below it neither a model nor a share means anything
    max_empty_days: int = 0  # Pix never closes
    max_reject_share: float = 0.05
    min_frauds: int = 10  # fewer cannot be split by time and learned from
    max_fraud_share: float = 0.2  # Pix has 0.007 % (PIX.md); a fifth is a broken label feed
    volume_ratio: float = 2.0  # of payments a day
    fraud_ratio: float = 5.0  # of the fraud share, which also moves with how old the labels are
    max_null_change: float = 0.1  # of a field's share of nulls, absolute
    max_stability_index: float = 0.25  # above it the field's convention speaks of a significant shift


@dataclass(frozen=True)
class Figure:
    """One number of a run and the bounds it must keep, ends included; `note` says what it is."""

    name: str
    value: float
    low: float | None
    high: float | None
    note: str


def figures(run: Statistics, accepted: Statistics | None, limits: Limits, as_of: datetime) -> tuple[Figure, ...]:
    """Return the figures of a run: the ones that stand alone, and those against the `accepted` run if there is one."""
    alone = _figures_alone(run, limits, as_of)
    return alone if accepted is None else (*alone, *_figures_against(run, accepted, limits))


def _figures_alone(run: Statistics, limits: Limits, as_of: datetime) -> tuple[Figure, ...]:
    age_h = (as_of - run.newest) / timedelta(hours=1)
    ahead_h, max_age_h = (span / timedelta(hours=1) for span in (limits.clock_ahead, limits.max_age))
    empty = run.span_days - run.days
    return (
        Figure("newest_payment_age_h", age_h, -ahead_h, max_age_h, f"hours before {as_of:%Y-%m-%d %H:%M} UTC"),
        Figure("payments", run.rows, limits.min_rows, None, "accepted payments in the lake"),
        Figure("empty_days", empty, 0, limits.max_empty_days, "UTC days without a payment inside the period"),
        Figure("reject_share", run.reject_share, 0, limits.max_reject_share, "rejected ÷ all rows that came in"),
        Figure("frauds", run.frauds, limits.min_frauds, None, "payments whose newest label says fraud"),
        Figure("fraud_share", run.fraud_share, 0, limits.max_fraud_share, "frauds ÷ payments"),
    )


def _figures_against(run: Statistics, accepted: Statistics, limits: Limits) -> tuple[Figure, ...]:
    changes = [
        Figure(
            f"{name}_null_share",
            run.null_shares[name],
            accepted.null_shares[name] - limits.max_null_change,
            accepted.null_shares[name] + limits.max_null_change,
            "share of payments without it, against the last accepted run",
        )
        for name in NULLABLE
    ]
    drifts = [
        Figure(
            f"{name}_stability_index",
            stability_index(accepted.histograms[name], run.histograms[name]),
            0,
            limits.max_stability_index,
            "population stability index against the last accepted run",
        )
        for name in ("amount_centavos", "hour", *CHOICES)
    ]
    volume = _ratio("payments_per_day", run.rows_per_day, accepted.rows_per_day, limits.volume_ratio)
    fraud = _ratio("fraud_share_change", run.fraud_share, accepted.fraud_share, limits.fraud_ratio)
    return (volume, fraud, *changes, *drifts)


def _ratio(name: str, value: float, accepted: float, ratio: float) -> Figure:
    note = f"the last accepted run had {accepted:.6g}; up to {ratio:g} times more or less"
    return Figure(name, value, accepted / ratio, accepted * ratio, note)
