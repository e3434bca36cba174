"""Step: compute the features of the lake's payments with Spark."""

from kfp import dsl

from pixguard.steps.component import spark_step


@spark_step
def build_features(
    lake: str, feature_set: str, snapshot: str, cores: int, numbers: dsl.Output[dsl.Metrics], executors: int = 0
) -> str:
    """Build the features that `feature_set` declares on `cores` cores here, or on up to `executors` of the cluster's
    Spark operator; returns the `snapshot` they were built from."""
    from pathlib import Path

    from pixguard.jobs import build_features as job
    from pixguard.steps.numbers import log_numbers

    built = job.run(lake=Path(lake), feature_set=feature_set, master=f"local[{cores}]", executors=executors)
    log_numbers(numbers, left_out=len(built.left_out), seconds=built.seconds, **built.rows)
    return snapshot
