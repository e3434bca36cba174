"""The gradient-boosted baseline that the torch model must stand up to: LightGBM, tuned, on the same rows.

LightGBM's defaults collapse at very low prevalence: leaves of 20 rows hold no fraud, and the first trees chase single
rows. So it sees every fraud and a fixed sample of honest rows, as the torch model does, with small regularised trees
and a low rate, stops by average precision on the same later rows, and is then grown as large on all of them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray

from pixguard.dataset import Rows
from pixguard.errors import PixguardError


class BaselineError(PixguardError):
    """Rows of another width than the baseline's features."""


@dataclass(frozen=True)
class BaselineConfig:
    """How to boost."""

    seed: int = 0
    rounds: int = 800
    patience: int = 60
    learning_rate: float = 0.04
    leaves: int = 15
    min_leaf_rows: int = 40
    l2: float = 5.0
    honest_per_fraud: float = 12.0
    min_honest: int = 8_192
    threads: int = 0  # 0: one for each core


@dataclass(frozen=True)
class Baseline:
    """A boosted model; `log_odds_shift` undoes the sampling of honest rows."""

    booster: lgb.Booster
    log_odds_shift: float

    def score(self, x_rf: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return scores in [0, 1], float32 [rows]; BaselineError on rows of another width."""
        features = self.booster.num_feature()
        if x_rf.ndim != 2 or x_rf.shape[1] != features:
            raise BaselineError(f"rows of shape {x_rf.shape}: the baseline reads [rows, {features}]")
        log_odds = np.asarray(self.booster.predict(x_rf, raw_score=True)) + self.log_odds_shift
        score: NDArray[np.float32] = (1 / (1 + np.exp(-log_odds))).astype(np.float32)
        return score


def train_baseline(fit: Rows, stop: Rows, config: BaselineConfig | None = None) -> Baseline:
    """Return the baseline of all rows, with as many trees as ranked `stop` best when `fit` alone had taught them."""
    config = config or BaselineConfig()
    sample = _sample(fit, config)
    early = lgb.Dataset(sample.x_rf, sample.y, free_raw_data=True)
    trees = lgb.train(
        _parameters(config),
        early,
        config.rounds,
        valid_sets=[early.create_valid(stop.x_rf, stop.y)],
        callbacks=[lgb.early_stopping(config.patience, verbose=False)],
    ).best_iteration
    rows = fit.followed_by(stop)
    sample = _sample(rows, config)
    booster = lgb.train(_parameters(config), lgb.Dataset(sample.x_rf, sample.y), trees)
    return Baseline(booster, math.log((len(sample) - sample.frauds) / (len(rows) - rows.frauds)))


def _sample(fit: Rows, config: BaselineConfig) -> Rows:
    honest = np.flatnonzero(~fit.y)
    wanted = min(max(round(config.honest_per_fraud * fit.frauds), config.min_honest), honest.size)
    drawn = np.random.default_rng(config.seed).choice(honest, wanted, replace=False)
    return fit.take(np.sort(np.concatenate([np.flatnonzero(fit.y), drawn])))


def _parameters(config: BaselineConfig) -> dict[str, object]:
    return {
        "objective": "binary",
        "metric": "average_precision",
        "learning_rate": config.learning_rate,
        "num_leaves": config.leaves,
        "min_data_in_leaf": config.min_leaf_rows,
        "lambda_l2": config.l2,
        "feature_fraction": 0.5,
        "bagging_fraction": 0.8,
        "bagging_freq": 1,
        "seed": config.seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": config.threads,
        "verbose": -1,
    }
