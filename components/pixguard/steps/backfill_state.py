"""Step: compute the state of every key as of a cut and load it online."""

from kfp import dsl

from pixguard.steps.component import spark_step


@spark_step
def backfill_state(
    lake: str,
    feature_set: str,
    online_store: str,
    cut: str,
    snapshot: str,
    cores: int,
    numbers: dsl.Output[dsl.Metrics],
) -> str:
    """Load the state of `feature_set` as of `cut` (empty: as late as can be); returns the cut, from which to stream."""
    from pathlib import Path

    from pixguard.jobs import backfill_state as job
    from pixguard.jobs.arguments import utc_time
    from pixguard.steps.numbers import log_numbers

    done = job.run(
        lake=Path(lake),
        feature_set=feature_set,
        online_store=online_store,
        cut=utc_time(cut) if cut else None,
        master=f"local[{cores}]",
    )
    log_numbers(numbers, keys=done.keys, bytes=done.bytes, compute_s=done.compute_s, load_s=done.load_s)
    return done.cut.isoformat()
