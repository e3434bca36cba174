"""Step: take payments and labels into the lake."""

from kfp import dsl

from pixguard.steps.component import train_step


@train_step
def ingest_payments(
    input: str, mapping: str, labels: str, keys: str, lake: str, numbers: dsl.Output[dsl.Metrics]
) -> str:
    """Ingest `input` (and a table of `labels`, where not empty) into `lake`; returns the lake's snapshot."""
    from pathlib import Path

    from pixguard.jobs import ingest_payments as job
    from pixguard.steps.numbers import log_numbers

    done = job.run(
        input=Path(input),
        mapping=mapping,
        lake=Path(lake),
        labels=Path(labels) if labels else None,
        keys=Path(keys) if keys else None,
    )
    log_numbers(
        numbers,
        payments=done.payments.rows,
        accepted=done.payments.accepted,
        duplicates=done.payments.duplicates,
        rejected=done.payments.rejected,
        labels_accepted=done.labels.accepted,
        labels_rejected=done.labels.rejected,
    )
    return str(done.snapshot)
