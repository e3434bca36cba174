from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from pixguard.fairness import CohortRates, rates
from pixguard.performance import decided, explored, observed
from pixguard.performance.labelled import Labelled
from tests.performance.world import CUT_OFF, MATURITY, make_world

VERSION = "v0123456789ab"


def made(alert_share: dict[str, float], rows: int = 8_000, seed: int = 0) -> Labelled:
    """Honest payments of two key types, stopped at the given shares."""
    world = make_world(0.0, rows=rows, seed=seed)
    whole = decided(world.outcomes, VERSION)
    share = np.vectorize(alert_share.__getitem__)(whole.cohorts["key_type"])
    return replace(whole, alert=np.random.default_rng(seed).random(rows) < share)


def of(found: list[CohortRates], value: str) -> CohortRates:
    return next(each for each in found if each.value == value)


def everybody(found: list[CohortRates]) -> CohortRates:
    """The cohort that all payments of the test are in."""
    return next(each for each in found if (each.cohort, each.value) == ("payer_region", "none"))


def test_equal_treatment_is_not_called_disparate() -> None:
    flagged = 0
    for seed in range(15):
        rows = made({"CPF": 0.02, "EVP": 0.02}, rows=4_000, seed=seed)
        found = [each for each in rates(rows, rows) if each.cohort == "key_type"]
        flagged += any(each.alerts.disparate or each.false_alerts.disparate for each in found)
    assert flagged == 0


def test_a_cohort_that_is_stopped_twice_as_often_is_found_with_its_interval() -> None:
    rows = made({"CPF": 0.02, "EVP": 0.045})
    found = rates(rows, rows)
    evp, cpf = of(found, "EVP"), of(found, "CPF")
    assert evp.alerts.disparate
    assert evp.false_alerts.disparate
    assert not cpf.alerts.disparate
    assert evp.alerts.low < 0.045 < evp.alerts.high
    assert evp.alerts.ratio_low < 2.25 < evp.alerts.ratio_high
    chosen = rows.cohorts["key_type"] == "EVP"
    assert evp.alerts.share == pytest.approx(rows.alert[chosen].mean())


def test_intervals_are_as_wide_as_a_bootstrap_by_payer_says() -> None:
    rows = made({"CPF": 0.03, "EVP": 0.05})
    rows = replace(rows, payer=rows.payer // 4)  # some thousand payments of a few hundred payers
    evp = of(rates(rows, rows), "EVP").alerts
    chosen, rng = rows.cohorts["key_type"] == "EVP", np.random.default_rng(2)
    size = int(rows.payer.max()) + 1
    sums = [np.bincount(rows.payer, weights=w, minlength=size) for w in
            (rows.alert & chosen, chosen, rows.alert & ~chosen, ~chosen)]  # fmt: skip
    draws = np.stack([np.bincount(rng.integers(size, size=size), minlength=size) for _ in range(600)])
    a, b, c, d = (draws @ each for each in sums)
    for (low, high), values in (((evp.low, evp.high), a / b), ((evp.ratio_low, evp.ratio_high), a / b / (c / d))):
        assert (low, high) == pytest.approx(tuple(np.quantile(values, [0.005, 0.995])), rel=0.06)


def test_small_cohorts_are_listed_and_not_judged() -> None:
    rows = made({"CPF": 0.02, "EVP": 0.5}, rows=300)
    evp = of(rates(rows, rows), "EVP")
    assert evp.alerts.rows < 200
    assert evp.alerts.share is None
    assert not evp.alerts.disparate


def test_with_exploration_false_alarms_have_their_true_rate() -> None:
    world = make_world(0.2)
    whole = decided(world.outcomes, VERSION)
    honest = ~world.is_fraud & (world.outcomes.let_through > 0)
    real = (honest & world.would_hold).sum() / honest.sum()
    later = CUT_OFF + timedelta(days=60)
    found = everybody(rates(whole, explored(world.outcomes, VERSION, later, MATURITY)))
    assert found.false_alerts.low < real < found.false_alerts.high
    naive = observed(make_world(0.0).outcomes, VERSION, later, MATURITY)
    blind = everybody(rates(whole, naive))
    assert blind.false_alerts.share == 0  # whom it stopped it never saw
