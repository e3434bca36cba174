"""Step: record how a run ended, whatever happened in it."""

from kfp import dsl

from pixguard.steps.component import train_step


@train_step
def record_outcome(lake: str, run: str, pipeline: str, status: dsl.PipelineTaskFinalStatus) -> None:
    """Write the end of the run `run` of `pipeline` into `lake`."""
    from pathlib import Path

    from pixguard.jobs import record_outcome as job

    job.run(lake=Path(lake), run=run, pipeline=pipeline, state=status.state, message=status.error_message or "")
