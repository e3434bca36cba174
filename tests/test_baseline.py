from dataclasses import replace

import numpy as np
import pytest

from pixguard.baseline import BaselineConfig, BaselineError, train_baseline
from pixguard.metrics import roc_auc
from tests.learnable import learnable_rows

FIT, STOP, LATER = (learnable_rows(3000, seed=seed) for seed in (1, 2, 3))
CONFIG = BaselineConfig(rounds=100, patience=20, min_honest=500, honest_per_fraud=4, threads=1)


def test_it_learns_and_keeps_the_prevalence() -> None:
    baseline = train_baseline(FIT, STOP, CONFIG)
    score = baseline.score(LATER.x_rf)
    assert roc_auc(LATER.y, score) > 0.75
    assert score.mean() == pytest.approx(LATER.y.mean(), rel=0.3)
    assert baseline.log_odds_shift < -1


def test_it_stops_on_later_rows_and_repeats_itself() -> None:
    baseline = train_baseline(FIT, STOP, CONFIG)
    assert 0 < baseline.booster.num_trees() < CONFIG.rounds
    assert (train_baseline(FIT, STOP, CONFIG).score(LATER.x_rf) == baseline.score(LATER.x_rf)).all()
    assert (train_baseline(FIT, STOP, replace(CONFIG, seed=1)).score(LATER.x_rf) != baseline.score(LATER.x_rf)).any()


def test_the_later_rows_teach_too() -> None:
    turned = replace(STOP, x_rf=np.ascontiguousarray(STOP.x_rf[:, ::-1]))  # what told frauds lies in another column
    x_rf = np.ascontiguousarray(LATER.x_rf[:, ::-1])
    assert roc_auc(LATER.y, train_baseline(FIT, turned, CONFIG).score(x_rf)) > 0.6


def test_it_holds_at_low_prevalence() -> None:
    rare = learnable_rows(20_000, seed=4, fraud_share=0.002)
    stop = learnable_rows(20_000, seed=5, fraud_share=0.002)
    score = train_baseline(rare, stop, BaselineConfig(threads=1)).score(LATER.x_rf)
    assert roc_auc(LATER.y, score) > 0.7


def test_rows_of_another_width_are_refused() -> None:
    with pytest.raises(BaselineError, match="rows, 3"):
        train_baseline(FIT, STOP, CONFIG).score(np.zeros((1, 2), np.float32))
