"""Read what KFP's local runner prints, line by line, into steps with their times, states and last lines.

The runner offers no events, only text: lines of its own log, and the output of a step indented by four spaces. The
phrases below are those of the pinned KFP version; a test runs a real pipeline through them.
"""

import re
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_STARTED = re.compile(r"- INFO - Executing task '(?P<step>[^']+)'")
_ENDED = re.compile(r"- (?:INFO|ERROR) - Task '(?P<step>[^']+)' finished with status (?P<state>\w+)")
_CACHED = re.compile(r"Task (?P<step>\S+) cache hit")
_RETRY = re.compile(r"Task (?P<step>\S+) failed \((?P<attempt>attempt \d+/\d+)\)\. Retrying in (?P<wait>\S+)\.\.\.")
_SKIPPED = re.compile(r"Skipping conditional task (?P<step>\S+)")
# The runner goes on without a branch whose condition it cannot read; for a gate that must not pass unseen.
_LOST = re.compile(r"Condition evaluation failed.*|Could not resolve .*")
# A step's log comes with the prefix of KFP's executor, and so does what the executor says of itself.
_LOGGED = re.compile(r"\[KFP Executor [^\]]*\]: (?P<text>.*)")
_OF_ITSELF = ("Looking for component ", "Loading KFP component ", "Got executor_input", "Wrote executor output file ")
_ERROR = re.compile(r"(?:[A-Za-z_]\w*\.)*(?P<name>[A-Za-z_]\w*(?:Error|Exception|Exit|Interrupt))\b(?P<message>.*)")
_LAST_LINES, _CAUSE_LINES = 500, 15  # a Java stack trace is long; its first lines say what was wrong


@dataclass
class Step:
    """One attempt at one step: its state is running, done, failed or cached; seconds are 0 until it ends."""

    name: str
    started: float
    state: str = "running"
    seconds: float = 0.0
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=_LAST_LINES))
    logged: str = ""  # the newest line of its job's log: libraries that print are not news

    @property
    def cause(self) -> str:
        """The error that ended a failed step: its message, without the way through the code that led there."""
        lines = [line for line in self.lines if line.strip()]
        errors = [(place, found) for place, line in enumerate(lines) if (found := _ERROR.match(line))]
        if not errors:
            return "\n".join(lines[-5:]) or "it said nothing before it ended (killed, or out of memory?)"
        place, error = errors[-1]
        return "\n".join([error["name"] + error["message"], *lines[place + 1 : place + _CAUSE_LINES]])


@dataclass
class Transcript:
    """The steps of a run so far; `notify` hears ("started" | "said" | "ended" | "note", step or None, text)."""

    notify: Callable[[str, Step | None, str], None]
    titles: Mapping[str, str] = field(default_factory=dict)  # tasks of the graph → their names on the drawing
    clock: Callable[[], float] = time.monotonic
    steps: list[Step] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    _in_executor_input: bool = False

    @property
    def running(self) -> Step | None:
        """The step that runs now, if any."""
        return self.steps[-1] if self.steps and self.steps[-1].state == "running" else None

    @property
    def failed(self) -> Step | None:
        """The first step whose last attempt failed, if any."""
        last_attempts = {step.name: step for step in self.steps}
        return next((step for step in last_attempts.values() if step.state == "failed"), None)

    def read(self, line: str) -> None:
        """Take one line of the runner's output."""
        line = _COLOUR.sub("", line.rstrip("\n"))
        if line.startswith("    ") and self.running:
            self._read_step_line(line[4:])
        elif started := _STARTED.search(line):
            self._start(started["step"])
        elif ended := _ENDED.search(line):
            self._end("done" if ended["state"] == "SUCCESS" else "failed")
        elif cached := _CACHED.search(line):
            self._start(cached["step"])
            self._end("cached")
        elif retry := _RETRY.search(line):
            self.notify("note", None, f"{_plain(retry['step'])} failed ({retry['attempt']}), again in {retry['wait']}")
        elif skipped := _SKIPPED.search(line):
            title = self.titles.get(skipped["step"], skipped["step"])
            self.notify("note", None, f"skipped what waits for: {title}")
        elif lost := _LOST.search(line):
            self.lost.append(lost.group())

    def _start(self, task: str) -> None:
        step = Step(_plain(task), self.clock())
        self.steps.append(step)
        self.notify("started", step, "")

    def _end(self, state: str) -> None:
        step = self.steps[-1]
        step.state, step.seconds = state, self.clock() - step.started
        self.notify("ended", step, "")

    def _read_step_line(self, text: str) -> None:
        """Keep what the step said, and leave out what KFP's executor says around it."""
        if self._in_executor_input:
            self._in_executor_input = text != "}"
            return
        if logged := _LOGGED.match(text):
            text = logged["text"]
            self._in_executor_input = text.startswith("Got executor_input")
        if text.strip() and not (logged and text.startswith(_OF_ITSELF)):
            self.steps[-1].lines.append(text)
            self.steps[-1].logged = text if logged else self.steps[-1].logged
            self.notify("said", self.steps[-1], text)


def _plain(task: str) -> str:
    return task.replace("-", "_")
