from datetime import timedelta
from functools import partial

import numpy as np
import pyarrow as pa
import pytest

from pixguard.metrics import average_precision, recall_at_fpr
from pixguard.outcomes import DECISION_SCHEMA, outcomes_of
from pixguard.outcomes.table import micros_of
from pixguard.performance import (
    by_age,
    by_cohort,
    by_day,
    cheapest,
    compare,
    cost_curve,
    explored,
    figures,
    observed,
    recent,
    watch,
)
from pixguard.performance.labelled import without_chance
from pixguard.policy import Costs
from tests.performance.world import CUT_OFF, MATURITY, START, World, make_world

VERSION = "v0123456789ab"


@pytest.fixture(scope="module")
def exploring() -> World:
    return make_world(0.1)


@pytest.fixture(scope="module")
def blind() -> World:
    return make_world(0.0)


def truth(world: World) -> float:
    """The recall of the policy's alerts on the payments that had a chance."""
    could = world.outcomes.let_through > 0
    return float((world.is_fraud & world.would_hold & could).sum() / (world.is_fraud & could).sum())


def test_with_exploration_the_interval_covers_the_truth() -> None:
    """Of 24 worlds a 95 % interval should cover the truth in about 23; in 20 at the very least."""
    covered = 0
    for seed in range(24):
        world = make_world(0.2, rows=4_000, seed=seed)
        rows = explored(world.outcomes, VERSION, CUT_OFF + timedelta(days=60), MATURITY)
        found = figures(rows, resamples=60).values["alert_recall"]
        covered += found is not None and found.low <= truth(world) <= found.high
    assert covered >= 20


def test_with_exploration_the_ranking_is_that_of_all_payments_that_had_a_chance(exploring: World) -> None:
    could = exploring.outcomes.let_through > 0
    score = exploring.outcomes.decisions["probability"].to_numpy()
    found = figures(explored(exploring.outcomes, VERSION, CUT_OFF, MATURITY), resamples=60).values
    for name, fpr in (("recall_at_fpr_1pct", 0.01), ("alert_recall", None)):
        real = truth(exploring) if fpr is None else recall_at_fpr(exploring.is_fraud[could], score[could], fpr)
        interval = found[name]
        assert interval is not None
        assert interval.low <= real <= interval.high


def test_without_exploration_the_estimate_is_biased(exploring: World, blind: World) -> None:
    assert truth(exploring) > 0.5  # of the same payments
    naive = figures(observed(blind.outcomes, VERSION, CUT_OFF, MATURITY), resamples=40).values
    assert naive["alert_recall"].high < truth(exploring) / 2
    assert naive["alert_precision"] is None  # nobody knows what the alerts were
    real = recall_at_fpr(blind.is_fraud, blind.outcomes.decisions["probability"].to_numpy(), 0.01)
    assert naive["recall_at_fpr_1pct"].high < real
    assert not explored(blind.outcomes, VERSION, CUT_OFF, MATURITY).weighted
    assert explored(exploring.outcomes, VERSION, CUT_OFF, MATURITY).weighted


def test_weights_stand_for_the_blocked(exploring: World) -> None:
    rows = explored(exploring.outcomes, VERSION, CUT_OFF + timedelta(days=60), MATURITY)
    could = exploring.outcomes.let_through > 0
    assert rows.weight.sum() == pytest.approx(could.sum(), rel=0.03)
    assert set(np.round(rows.weight, 6)) == {1.0, 10.0}
    outside = without_chance(exploring.outcomes, VERSION, CUT_OFF + timedelta(days=60), MATURITY)
    assert outside.sum() == (~could).sum() > 0


def test_a_sample_of_honest_payments_stands_for_all(exploring: World) -> None:
    rows = explored(exploring.outcomes, VERSION, CUT_OFF, MATURITY)
    few = rows.thinned(3_000)
    assert (few.frauds, few.alert.sum()) == (rows.frauds, rows.alert.sum())
    assert len(few) < 4_000
    assert few.weight.sum() == pytest.approx(rows.weight.sum())
    for metric in (average_precision, partial(recall_at_fpr, fpr=0.01)):
        whole = metric(rows.y, rows.score, weight=rows.weight)
        assert metric(few.y, few.score, weight=few.weight) == pytest.approx(whole, rel=0.15)
    assert rows.thinned(10**6) is rows


def test_young_payments_are_in_no_figure(exploring: World) -> None:
    cut_off = START + timedelta(days=45)
    rows = observed(exploring.outcomes, VERSION, cut_off, MATURITY)
    assert 0 < len(rows) < len(exploring.outcomes) / 3
    assert rows.event_us.max() <= (cut_off - MATURITY).timestamp() * 1e6
    assert not len(observed(exploring.outcomes, VERSION, START, MATURITY))
    assert figures(observed(exploring.outcomes, VERSION, START, MATURITY)).values["average_precision"] is None


def test_labels_ripen(exploring: World) -> None:
    ages = by_age(exploring.outcomes, VERSION, CUT_OFF)
    shares = [each["known_share"] for each in ages]
    assert [each["age_days"] for each in ages] == [1, 7, 14, 30, 60, 90]
    assert shares == sorted(shares)
    assert shares[0] < 0.2
    assert shares[3] == pytest.approx(1 - np.exp(-3), abs=0.06)
    assert shares[-1] > 0.99
    assert ages[0]["expected_calibration_error"] > ages[-1]["expected_calibration_error"]


def test_days_and_cohorts_share_out_the_whole(exploring: World) -> None:
    rows = observed(exploring.outcomes, VERSION, CUT_OFF, MATURITY)
    days = by_day(rows)
    assert sum(day["rows"] for day in days) == len(rows)
    assert sum(day["frauds"] for day in days) == rows.frauds
    missed = rows.y & ~rows.alert
    assert sum(day["value_lost_brl"] for day in days) == pytest.approx(rows.amount_centavos[missed].sum() / 100)
    cohorts = by_cohort(rows, resamples=20)
    assert sum(each.rows for each in cohorts["key_type"].values()) == len(rows)
    assert set(cohorts["amount_band"]) == {"R$ 200 to 1,000"}
    for each in cohorts["key_type"].values():
        assert each.values["average_precision"].low < each.values["average_precision"].high


def test_a_better_challenger_is_seen_on_the_same_payments(exploring: World) -> None:
    decisions = exploring.outcomes.decisions
    knowing = np.clip(decisions["probability"].to_numpy() * 0.5 + exploring.is_fraud * 0.5, 0, 1)
    replays = decisions.set_column(4, "probability", pa.array(knowing)).set_column(
        2, "version", pa.array(["vbbbbbbbbbbbb"] * len(knowing))
    )
    replays = replays.slice(0, 9_000).cast(DECISION_SCHEMA)
    verdicts = pa.table({
        "end_to_end_id": decisions["end_to_end_id"].take(pa.array(exploring.outcomes.verdict_row)),
        "source": ["MED_CLAIM"] * len(exploring.outcomes.verdict_row),
        "is_fraud": exploring.outcomes.verdict_is_fraud,
        "situation": pa.nulls(len(exploring.outcomes.verdict_row), pa.string()),
        "known_at": pa.array(exploring.outcomes.verdict_us, pa.timestamp("us", "UTC")),
    })  # fmt: skip
    (found,) = compare(outcomes_of(decisions, replays, verdicts), VERSION, CUT_OFF, MATURITY, resamples=50)
    assert found.challenger == "vbbbbbbbbbbbb"
    assert 7_000 < found.rows < 9_000
    assert found.differences["average_precision"].low > 0.5
    assert not compare(exploring.outcomes, VERSION, CUT_OFF, MATURITY)


def test_the_cost_curve_by_hand(exploring: World) -> None:
    rows = observed(exploring.outcomes, VERSION, CUT_OFF, MATURITY)
    costs = Costs()
    points = cost_curve(rows, costs, np.array([0.0, 0.05, 1.1]))
    stolen = rows.y * rows.amount_centavos * costs.loss_share.value / 100
    assert points[0].lost_brl == pytest.approx(stolen.sum() * 0.1)
    assert points[0].alerts == len(rows)
    assert points[2].lost_brl == pytest.approx(stolen.sum())
    assert points[2].handling_brl == 0
    held = rows.score >= 0.05
    assert points[1].total_brl == pytest.approx(stolen[~held].sum() + 0.1 * stolen[held].sum() + held.sum() * 12)
    assert cheapest(points) is min(points, key=lambda each: each.total_brl)


def test_all_of_it_as_json(exploring: World) -> None:
    found = watch(exploring.outcomes, VERSION, CUT_OFF, MATURITY, resamples=20).to_json()
    assert found["unbiased"]["values"]["alert_recall"]["low"] > 0
    assert found["cheapest"]["total_brl"] == min(point["total_brl"] for point in found["costs"])


def test_recent_figures_are_of_the_last_two_weeks_that_have_matured(exploring: World) -> None:
    rows = observed(exploring.outcomes, VERSION, CUT_OFF, MATURITY)
    end = CUT_OFF - timedelta(days=70)  # payments end half way: two whole weeks lie before
    mature = rows.event_us <= micros_of(end - MATURITY)
    found = recent(rows.take(mature), end, MATURITY, ("alert_recall",), resamples=20)
    chosen = mature & (rows.event_us > micros_of(end - MATURITY - timedelta(days=14)))
    assert 0 < found.rows == chosen.sum() < len(rows)
    assert set(found.values) == {"alert_recall"}
    whole = figures(rows.take(chosen), resamples=20)
    assert found.values["alert_recall"] == whole.values["alert_recall"]
