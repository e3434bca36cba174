"""Reading the local runner's text: test_local.py holds these phrases against the real runner."""

import itertools

from pixguard.steps.runs.transcript import Step, Transcript


def read(*lines: str) -> tuple[Transcript, list[tuple[str, str]]]:
    """A transcript of `lines`, one second apart, and the events it told of."""
    events: list[tuple[str, str]] = []
    seconds = itertools.count()
    transcript = Transcript(lambda event, step, text: events.append((event, text or (step.name if step else ""))))
    transcript.clock = lambda: float(next(seconds))
    for line in lines:
        transcript.read(line + "\n")
    return transcript, events


STARTED = "01:19:13.152 - INFO - Executing task \x1b[96m'build-features'\x1b[0m"
FAILED = "01:19:20.152 - ERROR - Task \x1b[96m'build-features'\x1b[0m finished with status \x1b[91mFAILURE\x1b[0m"


def test_a_step_has_the_name_of_its_job_a_time_and_a_state() -> None:
    transcript, events = read(STARTED, FAILED.replace("FAILURE", "SUCCESS"))
    (step,) = transcript.steps
    assert (step.name, step.state, step.seconds) == ("build_features", "done", 1.0)
    assert events == [("started", "build_features"), ("ended", "build_features")]


def test_what_the_executor_says_of_itself_is_left_out_and_the_jobs_log_is_kept() -> None:
    prefix = "    [KFP Executor 2026-11-22 01:19:13,414 INFO]: "
    transcript, events = read(
        STARTED,
        prefix + "Looking for component `a` in --component_module_path `/tmp/x.py`",
        prefix + "Got executor_input:",
        "    {",
        '        "inputs": {}',
        "    }",
        prefix + "payments: rows 10, accepted 9",
        "    plain text",
        "    ",
        prefix + "Wrote executor output file to /tmp/out.json.",
    )
    assert list(transcript.steps[0].lines) == ["payments: rows 10, accepted 9", "plain text"]
    assert transcript.steps[0].logged == "payments: rows 10, accepted 9"
    assert [text for event, text in events if event == "said"] == ["payments: rows 10, accepted 9", "plain text"]


def test_the_cause_is_the_last_error_without_the_way_there() -> None:
    transcript, _ = read(
        STARTED,
        "    Traceback (most recent call last):",
        '      File "x.py", line 8, in b',
        "    ValueError: inner",
        "    During handling of the above exception, another exception occurred:",
        "    pixguard.expectations.errors.DataGateError: 2 expectations failed",
        "    - amount_centavos > 0: 3 rows",
        FAILED,
    )
    failed = transcript.failed
    assert failed is not None
    assert failed.cause == "DataGateError: 2 expectations failed\n- amount_centavos > 0: 3 rows"


def test_a_java_stack_trace_keeps_its_head() -> None:
    trace = [f"    \tat org.apache.spark.X{line}" for line in range(300)]
    transcript, _ = read(STARTED, "    py4j.protocol.Py4JJavaError: An error occurred: no space left", *trace, FAILED)
    assert transcript.failed is not None
    lines = transcript.failed.cause.splitlines()
    assert lines[0] == "Py4JJavaError: An error occurred: no space left"
    assert len(lines) == 15


def test_a_step_that_died_silently_is_said_to_have() -> None:
    assert "killed, or out of memory?" in Step("x", 0.0).cause


def test_a_retry_that_succeeds_is_no_failure() -> None:
    transcript, events = read(
        STARTED,
        FAILED,
        "Task build-features failed (attempt 1/3). Retrying in 30.0s...",
        STARTED,
        FAILED.replace("FAILURE", "SUCCESS"),
    )
    assert transcript.failed is None
    assert ("note", "build_features failed (attempt 1/3), again in 30.0s") in events


def test_a_condition_that_could_not_be_read_is_not_taken_for_one_that_does_not_hold() -> None:
    lost = "WARNING:root:Could not resolve CEL parameter: pipelinechannel--judge-model-Output"
    transcript, _ = read(lost)
    assert transcript.lost == ["Could not resolve CEL parameter: pipelinechannel--judge-model-Output"]
