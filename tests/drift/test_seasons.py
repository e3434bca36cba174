import numpy as np

from pixguard.dataset import Rows, reference_distributions
from pixguard.drift.calendar import DayKind
from pixguard.drift.seasons import season_tables, seasons_of

NAMES = ("steady", "weekly", "gappy")


def rows(days: int = 28, a_day: int = 400) -> Rows:
    rng, size = np.random.default_rng(3), days * a_day
    time = np.datetime64("2026-03-02", "us") + np.repeat(np.arange(days), a_day).astype("timedelta64[D]")
    weekend = (np.repeat(np.arange(days), a_day) % 7) >= 5
    x_rf = np.stack([rng.normal(size=size), rng.normal(size=size) + weekend, rng.normal(size=size)], axis=1)
    x_rf[weekend & (rng.random(size) < 0.3), 2] = np.nan
    return Rows(np.empty(size, object), np.empty(size, object), time, x_rf.astype(np.float32), np.zeros(size, bool))


def test_the_days_of_training_say_how_far_each_kind_strays() -> None:
    table = rows()
    reference = reference_distributions(table, NAMES)
    reference["seasons"] = seasons_of(reference, NAMES, table.event_time, table.x_rf)
    distance, missing = season_tables(reference, (*NAMES, "score"))
    weekend, working = (dict(zip(NAMES, distance[kind], strict=False)) for kind in (DayKind.WEEKEND, DayKind.WORKING))
    assert weekend["weekly"] > 0.4 > working["weekly"]
    assert max(weekend["steady"], working["steady"]) < 0.1
    assert distance[DayKind.WEEKEND][3] == 0
    assert 0.25 < missing[DayKind.WEEKEND][2] < 0.4
    assert missing[DayKind.WORKING][2] == 0


def test_thin_days_say_nothing_and_old_references_have_no_seasons() -> None:
    table = rows(days=3, a_day=50)
    reference = reference_distributions(table, NAMES)
    assert seasons_of(reference, NAMES, table.event_time, table.x_rf) == {}
    assert season_tables(reference, NAMES) == ({}, {})
