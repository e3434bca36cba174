from dataclasses import replace
from datetime import UTC, datetime, timedelta

from pixguard.expectations.figures import Figure, Limits, figures
from pixguard.expectations.statistics import CHOICES, NULLABLE, Statistics

NOW = datetime(2026, 1, 31, tzinfo=UTC)
RUN = Statistics(
    rows=30_000,
    days=30,
    span_days=30,
    newest=NOW - timedelta(hours=3),
    rejected=30,
    labelled=60,
    frauds=40,
    null_shares=dict.fromkeys(NULLABLE, 0.1),
    histograms={name: {"a": 20_000, "b": 10_000} for name in ("amount_centavos", "hour", *CHOICES)},
)


def outside(run: Statistics, accepted: Statistics | None = None, limits: Limits | None = None) -> set[str]:
    found = figures(run, accepted, limits or Limits(), NOW)
    return {one.name for one in found if not _inside(one)}


def _inside(one: Figure) -> bool:
    return (one.low is None or one.value >= one.low) and (one.high is None or one.value <= one.high)


def test_a_good_run_keeps_all_bounds_alone_and_against_itself() -> None:
    assert outside(RUN) == set()
    assert outside(RUN, RUN) == set()


def test_stale_payments_and_payments_from_the_future() -> None:
    assert outside(replace(RUN, newest=NOW - timedelta(days=3))) == {"newest_payment_age_h"}
    assert outside(replace(RUN, newest=NOW + timedelta(hours=1))) == {"newest_payment_age_h"}
    assert outside(replace(RUN, newest=NOW + timedelta(minutes=5))) == set()


def test_gaps_rejects_and_labels() -> None:
    assert outside(replace(RUN, days=29)) == {"empty_days"}
    assert outside(replace(RUN, rejected=3_000)) == {"reject_share"}
    assert outside(replace(RUN, frauds=9)) == {"frauds"}
    assert outside(replace(RUN, frauds=9_000)) == {"fraud_share"}
    assert outside(replace(RUN, frauds=9_000), limits=Limits(max_fraud_share=0.5)) == set()


def test_a_small_lake_is_too_small() -> None:
    assert "payments" in outside(replace(RUN, rows=999))


def test_half_or_twice_the_volume_still_passes() -> None:
    assert outside(replace(RUN, rows=15_000, frauds=20), RUN) == set()
    assert outside(replace(RUN, rows=14_000, frauds=20), RUN) == {"payments_per_day"}
    assert outside(replace(RUN, rows=61_000, frauds=80), RUN) == {"payments_per_day"}


def test_a_field_that_goes_missing_is_drift() -> None:
    gone = replace(RUN, null_shares=RUN.null_shares | {"device_id": 1.0})
    assert outside(gone, RUN) == {"device_id_null_share"}
    assert outside(gone) == set()


def test_a_shifted_distribution_is_drift() -> None:
    shifted = replace(RUN, histograms=RUN.histograms | {"key_type": {"a": 3_000, "b": 27_000}})
    assert outside(shifted, RUN) == {"key_type_stability_index"}


def test_a_fraud_share_five_times_as_high_is_suspicious() -> None:
    assert outside(replace(RUN, frauds=201), RUN) == {"fraud_share_change"}
    assert outside(replace(RUN, frauds=199), RUN) == set()
