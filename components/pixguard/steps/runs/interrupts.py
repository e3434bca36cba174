"""End a run and all it started, when told to."""

import signal
from types import FrameType

import psutil


def end_children_on_sigterm() -> None:
    """From now on SIGTERM ends every process below this one (steps, their Java) and then interrupts this one."""
    signal.signal(signal.SIGTERM, _end)


def _end(_number: int, _frame: FrameType | None) -> None:
    for child in psutil.Process().children(recursive=True):
        child.terminate()
    raise KeyboardInterrupt
