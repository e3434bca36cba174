"""Step: run a job as an application of the Spark operator, and fail where it fails."""

from pixguard.steps.component import train_step


@train_step
def run_spark_application(
    module: str, arguments: list[str], run: str, image: str, max_executors: int, timeout_s: float, snapshot: str
) -> str:
    """Run the job `module` with `arguments` on `image` (empty: the default); returns the `snapshot` it worked on."""
    from pixguard.jobs import run_spark_application as job

    job.run(job=module, arguments=arguments, run=run, image=image, max_executors=max_executors, timeout_s=timeout_s)
    return snapshot
