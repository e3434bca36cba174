"""A small real pipeline for the tests of runs: count a file's lines, publish the number if it is large enough."""

from kfp import dsl

_component = dsl.component(base_image="pixguard-train:test", install_kfp_package=False, packages_to_install=None)


@_component
def count(path: str, fail_times: int, numbers: dsl.Output[dsl.Metrics]) -> int:
    """Count the lines of `path`; the first `fail_times` attempts fail (remembered beside the file)."""
    import pathlib

    source = pathlib.Path(path)
    attempts = source.with_suffix(".attempts")
    made = len(attempts.read_text()) if attempts.exists() else 0
    attempts.write_text("x" * (made + 1))
    if made < fail_times:
        raise OSError(f"{source.name} is not there yet")
    lines = len(source.read_text().splitlines())
    print(f"counted {lines} lines", flush=True)  # noqa: T201
    numbers.log_metric("lines", lines)
    pathlib.Path(numbers.path).write_text("{}")  # the runner reuses a step only if its artifacts are there
    return lines


@_component
def publish(path: str, lines: int):
    """Write the number beside the file."""
    import pathlib

    pathlib.Path(path).with_suffix(".published").write_text(str(lines))


@_component
def record(path: str, run: str, status: dsl.PipelineTaskFinalStatus):
    """Write how the run ended beside the file."""
    import pathlib

    pathlib.Path(path).with_suffix(".ended").write_text(f"{run} {status.state}")


@dsl.pipeline(name="count-lines")
def count_lines(path: str, at_least: int = 1, fail_times: int = 0, retries: bool = True):
    """Count, and publish what is enough; `retries` is here to have a boolean."""
    ended = record(path=path, run=dsl.PIPELINE_JOB_ID_PLACEHOLDER).set_caching_options(False)
    with dsl.ExitHandler(ended, name="record how it ended"):
        counted = count(path=path, fail_times=fail_times).set_display_name("Count lines").set_cpu_limit("1")
        counted.set_retry(num_retries=1, backoff_duration="1s")
        with dsl.If(counted.outputs["Output"] >= at_least, name="enough lines"):
            publish(path=path, lines=counted.outputs["Output"]).set_caching_options(False)
