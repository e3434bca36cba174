"""Step: join verdicts to the decisions they are about."""

from kfp import dsl

from pixguard.steps.component import train_step


@train_step
def ingest_labels(decisions: str, verdicts: str, lake: str, numbers: dsl.Output[dsl.Metrics]) -> str:
    """Take the log below `decisions`, and `verdicts` where not empty, into `lake`; returns the lake again."""
    from pathlib import Path

    from pixguard.jobs import ingest_labels as job
    from pixguard.steps.numbers import log_numbers

    done = job.run(decisions=Path(decisions), lake=Path(lake), verdicts=Path(verdicts) if verdicts else None)
    log_numbers(
        numbers,
        decisions=done.decisions,
        days=len(done.days),
        verdicts=done.verdicts.rows,
        accepted=done.verdicts.accepted,
        duplicates=done.verdicts.duplicates,
        rejected=done.verdicts.rejected,
    )
    return lake
