"""Step: hold the features against their declarations; a broken expectation stops the run."""

from kfp import dsl

from pixguard.steps.component import train_step


@train_step
def validate_features(lake: str, feature_set: str, snapshot: str, report: dsl.Output[dsl.HTML]) -> str:
    """Check the views of `feature_set` in `lake`; returns the `snapshot` whose features passed."""
    from pathlib import Path

    from pixguard.features import FEATURE_SETS
    from pixguard.jobs import validate_features as job

    passed = job.run(lake=Path(lake), feature_set=FEATURE_SETS[feature_set])
    Path(report.path).write_bytes(passed.report.read_bytes())
    return snapshot
