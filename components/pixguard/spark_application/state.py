"""What the operator says of an application → what it means for whoever waits. Pure.

The operator knows two ends, COMPLETED and FAILED; all else passes. SUBMISSION_FAILED passes too: it is tried again, or
becomes FAILED.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any


class Progress(Enum):
    """Where an application stands."""

    UNSEEN = "the operator has not looked at it"
    UNDERWAY = "it is under way"
    DONE = "it did its work"
    FAILED = "it was given up"


_MEANING = {"": Progress.UNSEEN, "COMPLETED": Progress.DONE, "FAILED": Progress.FAILED}


@dataclass(frozen=True, slots=True)
class Seen:
    """An application as it was seen: progress, the operator's own words, and its driver's pod, if any."""

    progress: Progress
    state: str
    message: str
    driver: str


def seen(application: Mapping[str, Any]) -> Seen:
    """Return what an application's status means."""
    status = application.get("status") or {}
    told = status.get("applicationState") or {}
    state = str(told.get("state") or "")
    progress = _MEANING.get(state, Progress.UNDERWAY)
    driver = (status.get("driverInfo") or {}).get("podName") or ""
    return Seen(progress, state or "NEW", str(told.get("errorMessage") or ""), str(driver))
