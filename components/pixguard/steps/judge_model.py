"""Step: judge the trained model on later payments; the pipeline goes on only with "passed"."""

from kfp import dsl

from pixguard.steps.component import train_step


@train_step
def judge_model(trained: str, rules: str, numbers: dsl.Output[dsl.Metrics], report: dsl.Output[dsl.Markdown]) -> str:
    """Judge what train_model left in the folder `trained`; returns passed, failed or undecided.

    `rules` is a file of bounds that differ from the defaults, or empty.
    """
    from pathlib import Path

    from pixguard.jobs import judge_model as job
    from pixguard.steps.numbers import log_numbers

    folder = Path(trained)
    verdict = job.run(
        scored=folder / "scored.parquet",
        model=folder / "model",
        training_rows=folder / "training_rows.parquet",
        out=folder / "verdict",
        rules=Path(rules) if rules else None,
    )
    Path(report.path).write_bytes((folder / "verdict" / "verdict.md").read_bytes())
    measured = {name: value.estimate for name, value in verdict.metrics.get("challenger", {}).items()}
    log_numbers(numbers, rows=verdict.rows, frauds=verdict.frauds, **measured)
    return str(verdict.outcome)
