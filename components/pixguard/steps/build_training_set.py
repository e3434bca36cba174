"""Step: fetch features and labels of a period, point in time, into one table."""

from kfp import dsl

from pixguard.steps.component import train_step


@train_step
def build_training_set(
    lake: str,
    feature_set: str,
    start: str,
    end: str,
    models: str,
    run: str,
    snapshot: str,
    numbers: dsl.Output[dsl.Metrics],
) -> str:
    """Write the table of the payments in [`start`, `end`) of `snapshot` below `models`; returns its path."""
    from pathlib import Path

    from pixguard.features import FEATURE_SETS
    from pixguard.jobs import build_training_set as job
    from pixguard.jobs.arguments import utc_time
    from pixguard.steps.numbers import log_numbers

    table = job.run(
        lake=Path(lake),
        feature_set=FEATURE_SETS[feature_set],
        start=utc_time(start),
        end=utc_time(end),
        out=Path(models) / "runs" / run / "rows.parquet",
    )
    log_numbers(numbers, rows=table.rows, frauds=table.frauds, features=len(table.features))
    return str(table.path)
