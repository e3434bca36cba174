"""Show a run to a human: which step runs, for how long, what it said last."""

import sys
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Self, TextIO

from pixguard.steps.runs.transcript import Step

_MARKS = {"done": "✓", "failed": "✗", "cached": "="}
_HEARTBEAT_S = 15.0
_TICK_S = 0.5
_WIDTH = 110


class Screen(AbstractContextManager["Screen"]):
    """Prints a line for each step that starts and ends, and signs of life between.

    On a terminal the running step's line is redrawn twice a second; in a log a line comes every 15 s. With `verbose`
    every line of every step is printed instead.
    """

    def __init__(
        self, out: TextIO | None = None, *, verbose: bool = False, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._out, self._clock = out or sys.stdout, clock
        self._verbose = verbose
        self._live = self._out.isatty() and not verbose
        self._every_s = _TICK_S if self._live else _HEARTBEAT_S
        self._step: Step | None = None
        self._began_s, self._due_s = 0.0, 0.0
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._tick, daemon=True)

    def __enter__(self) -> Self:
        """Begin to show signs of life."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End them."""
        self._stop.set()
        self._thread.join()

    def show(self, event: str, step: Step | None, text: str) -> None:
        """Take one event of a Transcript."""
        with self._lock:
            if event == "started":
                self._step, self._began_s = step, self._clock()
                self._due_s = self._began_s + self._every_s
                self._print(f"▸ {step.name}" if step and not self._live else "")
            elif event == "ended" and step:
                self._step = None
                self._print(
                    f"{_MARKS[step.state]} {step.name}  {'cached' if step.state == 'cached' else _took(step.seconds)}"
                )
            elif event == "note":
                self._print(f"  {text}")
            elif event == "said" and self._verbose:
                self._print(f"    {text}")

    def say(self, text: str) -> None:
        """Print a line of the caller's own."""
        with self._lock:
            self._print(text)

    def beat(self) -> None:
        """Show that the running step is alive, where it is time."""
        with self._lock:
            now = self._clock()
            if self._step is None or self._verbose or now < self._due_s:
                return
            self._due_s = now + self._every_s
            line = f"{self._step.name}  {now - self._began_s:.0f} s  {self._step.logged}"[:_WIDTH].rstrip()
            self._out.write(f"\r\x1b[K▸ {line}" if self._live else f"  … {line}\n")
            self._out.flush()

    def _tick(self) -> None:
        while not self._stop.wait(_TICK_S):
            self.beat()

    def _print(self, text: str) -> None:
        start = "\r\x1b[K" if self._live else ""
        self._out.write(start + (f"{text}\n" if text else ""))
        self._out.flush()


def _took(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 60 else f"{int(seconds // 60)} min {seconds % 60:.0f} s"
