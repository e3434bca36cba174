"""Step: hold the lake's payments and labels against the contract; a broken expectation stops the run."""

from kfp import dsl

from pixguard.steps.component import train_step


@train_step
def validate_payments(lake: str, snapshot: str, as_of: str, report: dsl.Output[dsl.HTML]) -> str:
    """Check `lake` at the time `as_of` (ISO, UTC; empty: now); returns the `snapshot` that passed."""
    from datetime import UTC, datetime
    from pathlib import Path

    from pixguard.jobs import validate_payments as job
    from pixguard.jobs.arguments import utc_time

    passed = job.run(lake=Path(lake), as_of=utc_time(as_of) if as_of else datetime.now(UTC))
    Path(report.path).write_bytes(passed.report.read_bytes())
    return snapshot
