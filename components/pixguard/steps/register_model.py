"""Step: keep, sign and register a model that passed the gate."""

from kfp import dsl

from pixguard.steps.component import train_step


@train_step
def register_model(
    trained: str,
    models: str,
    signing_key: str,
    tracking_uri: str,
    experiment: str,
    promote: str,
    run: str,
    numbers: dsl.Output[dsl.Metrics],
) -> str:
    """Keep what train_model left in `trained` as a version below `models`; returns the version's folder."""
    from pathlib import Path
    from typing import cast

    from pixguard.jobs import register_model as job
    from pixguard.steps.numbers import log_numbers

    folder = Path(trained)
    done = job.run(
        model=folder / "model",
        verdict=folder / "verdict",
        input_example=folder / "example.npz",
        versions=Path(models) / "versions",
        signing_key=Path(signing_key),
        tracking_uri=tracking_uri,
        experiment=experiment,
        promote=cast("job.Promote", promote),
        pipeline_run_id=run,
        out=folder / "registered.json",
    )
    log_numbers(numbers, version_number=done.number, champion=int(done.champion))
    return str(done.folder)
