"""Create an application, or find it where an earlier try created it, and wait until it has done its work.

A try that is repeated does no work twice: the name follows from the work. One that runs is waited for, one that is done
is done, one that failed makes room for a new one. Whoever stops waiting takes a running application away.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import Any

from pixguard.spark_application.api import Applications
from pixguard.spark_application.errors import (
    ApplicationApiError,
    ApplicationFailedError,
    ApplicationTimeoutError,
    SparkApplicationError,
)
from pixguard.spark_application.manifest import DIGEST, Request, application
from pixguard.spark_application.state import Progress, Seen, seen

log = logging.getLogger(__name__)
LAST_LINES = 30


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait, in seconds: for the work, for the operator's first look, and between looks."""

    work_s: float = 6 * 3600
    first_look_s: float = 300
    between_s: float = 5


def run(request: Request, applications: Applications, patience: Patience | None = None) -> Seen:
    """Return how the application ended well.

    Raises ApplicationFailedError with the driver's last lines, ApplicationTimeoutError, or ApplicationApiError.
    """
    name, patience = request.name, patience or Patience()
    _start(application(request), applications, patience)
    try:
        last = _wait(name, applications, patience)
    except ApplicationApiError:
        raise  # whether it runs is unknown, and a second try finds it
    except BaseException:  # out of time, or told to stop: nothing goes on that nobody waits for
        applications.delete(name)
        raise
    if last.progress is Progress.FAILED:
        lines = applications.last_lines(last.driver, LAST_LINES)
        raise ApplicationFailedError(
            f"{name}: {last.message or 'the operator gave no reason'}; the driver's last lines:\n{lines}"
        )
    return last


def _start(wanted: dict[str, Any], applications: Applications, patience: Patience) -> None:
    """Make sure that the wanted application is there and has not failed."""
    name = wanted["metadata"]["name"]
    deadline = time.monotonic() + patience.first_look_s
    while applications.create(wanted) is None:
        found = applications.read(name)
        if found is not None:
            if found["metadata"].get("annotations", {}).get(DIGEST) != wanted["metadata"]["annotations"][DIGEST]:
                raise SparkApplicationError(f"{name} exists and is other work: delete it, or let it end")
            if "deletionTimestamp" not in found["metadata"] and seen(found).progress is not Progress.FAILED:
                log.info("%s: an earlier try created it", name)
                return
            applications.delete(name)
        if time.monotonic() > deadline:
            raise ApplicationTimeoutError(f"{name}: an earlier one is still being deleted; see its finalizers")
        time.sleep(patience.between_s)


def _wait(name: str, applications: Applications, patience: Patience) -> Seen:
    began, said = time.monotonic(), ""
    while True:
        found = applications.read(name)
        if found is None:
            raise ApplicationFailedError(f"{name} is gone: somebody deleted it while it was waited for")
        now = seen(found)
        if now.state != said:
            log.info("%s: %s %s", name, now.state, now.message)
            said = now.state
        if now.progress in {Progress.DONE, Progress.FAILED}:
            return now
        waited_s = time.monotonic() - began
        if now.progress is Progress.UNSEEN and waited_s > patience.first_look_s:
            raise ApplicationTimeoutError(
                f"{name}: the operator has not looked at it in {waited_s:.0f} s; does it run, and watch this namespace?"
            )
        if waited_s > patience.work_s:
            raise ApplicationTimeoutError(f"{name}: still {now.state} after {waited_s:.0f} s; it was taken away")
        time.sleep(patience.between_s)
