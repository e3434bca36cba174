"""Run a pipeline on this machine: KFP's own local runner, one process per step, in the present environment."""

import contextlib
import hashlib
import io
import json
import logging
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from kfp import local

import pixguard
from pixguard.steps.runs.definition import Parameters
from pixguard.steps.runs.errors import PipelineRunError
from pixguard.steps.runs.screen import Screen
from pixguard.steps.runs.transcript import Step, Transcript


@dataclass(frozen=True)
class Run:
    """A run that succeeded: its folder, its steps in order, and the numbers that each step logged."""

    pipeline: str
    folder: Path
    steps: tuple[Step, ...]
    metrics: dict[str, dict[str, float]] = field(default_factory=dict)


def run_pipeline(
    pipeline: Any, parameters: Parameters, *, state: Path, caching: bool = False, verbose: bool = False
) -> Run:
    """Run `pipeline` to its end below the folder `state` (runs/<pipeline>-<time>/, and cache/ when `caching`).

    All that the steps say goes to steps.log in the run's folder. Raises PipelineRunError; its last lines are the cause.
    """
    folder = state.absolute() / "runs" / f"{pipeline.name}-{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}"
    folder.mkdir(parents=True)
    local.init(
        runner=local.SubprocessRunner(use_venv=False),
        pipeline_root=str(folder),
        workspace_root=str(folder / "workspace"),
        enable_caching=caching,
        cache_root=str(state / "cache" / _code()),
    )
    with Screen(verbose=verbose) as screen:
        transcript = Transcript(screen.show, _titles(pipeline))
        failure = _follow(pipeline, parameters, transcript, folder / "steps.log")
    if failure or transcript.lost:
        raise PipelineRunError(_explanation(pipeline.name, folder, transcript, failure)) from failure
    return Run(pipeline.name, folder, tuple(transcript.steps), read_metrics(folder))


def read_metrics(folder: Path) -> dict[str, dict[str, float]]:
    """Numbers that the steps of the run in `folder` logged (a cached step logs none): step → name → value."""
    metrics: dict[str, dict[str, float]] = {}
    for output in sorted(folder.glob("*/*/executor_output.json"), key=lambda path: path.stat().st_mtime_ns):
        artifacts = json.loads(output.read_text(encoding="utf-8")).get("artifacts", {})
        for artifact in (entry for listed in artifacts.values() for entry in listed["artifacts"]):
            numbers = {name: value for name, value in artifact["metadata"].items() if isinstance(value, int | float)}
            if numbers:
                metrics.setdefault(output.parent.name.replace("-", "_"), {}).update(numbers)
    return metrics


def _follow(pipeline: Any, parameters: Parameters, transcript: Transcript, log: Path) -> Exception | None:
    with log.open("w", encoding="utf-8") as file, _heard_by(_Reader(transcript, file)):
        try:
            pipeline(**parameters)
        except RuntimeError as failure:  # what KFP raises when a step fails
            return failure
    return None


def _titles(pipeline: Any) -> dict[str, str]:
    """Tasks of the whole graph → their names on the drawing."""
    components = (pipeline.pipeline_spec.root, *pipeline.pipeline_spec.components.values())
    return {key: task.task_info.name for part in components for key, task in part.dag.tasks.items()}


def _code() -> str:
    """A digest of this package's code: a step's text only names its job, so results of other code are not its own."""
    files = sorted(Path(pixguard.__file__).parent.rglob("*.py"))
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()[:16]


def _explanation(name: str, folder: Path, transcript: Transcript, failure: Exception | None) -> str:
    log = f"everything the steps said: {folder / 'steps.log'}"
    if step := transcript.failed:
        return f"{name} failed at {step.name} after {step.seconds:.1f} s ({log})\n{step.cause}"
    return f"{name} could not be followed ({log})\n" + "\n".join(transcript.lost or [str(failure)])


class _Reader(io.TextIOBase):
    """Stands in for standard output: keeps the text in a log, and hands whole lines to a transcript."""

    def __init__(self, transcript: Transcript, log: TextIO) -> None:
        self._transcript, self._log, self._rest = transcript, log, ""

    def write(self, text: str) -> int:
        """Take a piece of text."""
        self._log.write(text)
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            self._transcript.read(line)
        return len(text)

    def flush(self) -> None:
        """Bring the log up to date."""
        self._log.flush()


@contextlib.contextmanager
def _heard_by(reader: _Reader) -> Iterator[None]:
    """Lead all that KFP prints and logs to `reader`, less its warnings that resources mean nothing on one machine."""
    root = logging.getLogger()
    handler = logging.StreamHandler(reader)
    handler.setFormatter(logging.Formatter("%(asctime)s - %(levelname)s - %(message)s"))
    level, handlers = root.level, root.handlers[:]
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    try:
        with contextlib.redirect_stdout(reader), warnings.catch_warnings():
            warnings.filterwarnings("ignore", category=RuntimeWarning, message="You may be attemping to run a task")
            warnings.filterwarnings("ignore", category=UserWarning, message="Task .* have no effect")
            yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
