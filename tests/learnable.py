"""Rows from which something can be learned, small enough to train on within a second."""

import numpy as np

from pixguard.dataset import Rows


def learnable_rows(count: int, seed: int, fraud_share: float = 0.05) -> Rows:
    """Return rows whose first feature shifts for frauds, whose second is noise and whose third has nulls."""
    random = np.random.default_rng(seed)
    y = random.random(count) < fraud_share
    x_rf = random.lognormal(size=(count, 3))
    x_rf[:, 0] *= np.where(y, 4, 1)
    x_rf[random.random(count) < 0.2, 2] = np.nan
    return Rows(
        end_to_end_id=np.array([f"E{seed}-{n}" for n in range(count)], dtype=object),
        payer_id=np.array([f"p{n % 50}" for n in range(count)], dtype=object),
        event_time=np.datetime64("2026-01-01", "us") + np.arange(count) * np.timedelta64(60, "s"),
        x_rf=x_rf.astype(np.float32),
        y=y,
    )
