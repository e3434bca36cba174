"""Step: train the torch model and its baseline, and score the later payments."""

from kfp import dsl

from pixguard.steps.component import train_step


@train_step
def train_model(
    rows: str, lake: str, feature_set: str, cut_off: str, maturity_days: int, train_days: int, judge_days: int,
    epochs: int, seed: int, tracking_uri: str, experiment: str, signing_key: str, models: str, run: str, policy: str,
    numbers: dsl.Output[dsl.Metrics],
) -> str:  # fmt: skip
    """Train on the table `rows`; returns the run's folder below `models`, where all is. Empty or 0: the default."""
    from pathlib import Path

    from pixguard.jobs import train_model as job
    from pixguard.jobs.arguments import utc_time
    from pixguard.steps.numbers import log_numbers
    from pixguard.training import TrainingConfig

    folder, key = Path(models) / "runs" / run, Path(f"{signing_key}.pub")
    trained = job.run(
        rows=Path(rows),
        lake=Path(lake),
        out=folder,
        tracking_uri=tracking_uri,
        feature_set=feature_set,
        cut_off=utc_time(cut_off) if cut_off else None,
        maturity_days=maturity_days,
        train_days=train_days or None,
        judge_days=judge_days or None,
        config=TrainingConfig(seed=seed, epochs=epochs),
        public_key=key if key.exists() else None,
        experiment=experiment,
        policy=Path(policy) if policy else None,
    )
    log_numbers(numbers, taught_rows=trained.taught_rows, judged_rows=trained.judged_rows,
                judged_frauds=trained.judged_frauds)  # fmt: skip
    return str(folder)
