"""Both worlds by the real jobs, Spark among them, on a few thousand payments."""

from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
from rich.console import Console

from pixguard.laptop.story.world import Plan, worlds

PLAN = Plan(per_day=300, history_days=6, days=8, new_day=2, prevalence=0.06, share=3.0, seed=4)


def test_until_the_new_typology_begins_both_worlds_are_one(tmp_path: Path) -> None:
    changed, calm = worlds(PLAN, tmp_path, Console(quiet=True))
    assert changed is not None
    truth = pq.read_table(tmp_path / "input" / "truth.parquet")
    new = truth.filter(pc.equal(truth["typology"], "consent_abuse"))["end_to_end_id"].to_pylist()
    ours, theirs = (set(each.payments["end_to_end_id"].to_pylist()) for each in (changed, calm))
    assert new
    assert set(new) & ours
    assert not set(new) & theirs
    assert theirs < ours
    assert changed.names == calm.names
    for world in (changed, calm):
        ids = world.payments["end_to_end_id"].to_pylist()
        assert ids == world.rows["end_to_end_id"].to_pylist()
        known = dict(zip(truth["end_to_end_id"].to_pylist(), truth["is_fraud"].to_pylist(), strict=True))
        assert [known[one] for one in ids] == world.is_fraud.tolist()
        assert (np.diff(world.event_us) >= 0).all()
        assert len(ids) == sum(len(world.on(day)) for day in range(-PLAN.history_days, PLAN.days))
    before = [world.on(day) for world in (changed, calm) for day in (PLAN.new_day - 1,)]
    np.testing.assert_array_equal(changed.x_rf[before[0]], calm.x_rf[before[1]])
    later = changed.on(PLAN.days - 1), calm.on(PLAN.days - 1)
    assert len(later[0]) > len(later[1])
