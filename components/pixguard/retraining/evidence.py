"""What is known on the day of a decision: the champion, its drift, its promise and what became of it, earlier runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from pixguard.metrics import Interval


@dataclass(frozen=True)
class AlarmDay:
    """A judged day of the champion; `measures` are those of its alarms that another training could answer."""

    day: date
    measures: tuple[str, ...] = ()


@dataclass(frozen=True)
class Promise:
    """A figure as the gate measured it before the release, and as the newest matured payments show it."""

    promised: Interval
    found: Interval | None = None  # None: too few frauds to tell


@dataclass(frozen=True)
class Past:
    """An earlier decision on the same environment: what it answered, if it started a run, and short of what promise."""

    day: date
    champion: str
    trained: tuple[str, ...] = ()  # causes that a run was started for
    short: tuple[str, ...] = ()  # figures that were below their promise that day
    promised: Mapping[str, float] = field(default_factory=dict)  # the lowest that the gate promised of its champion


@dataclass(frozen=True)
class Evidence:
    """Everything a decision looks at. `past` may hold any days; those of `day` and later are not looked at."""

    day: date
    champion: str
    taught_until: date  # the last day of payments that taught the champion
    days: tuple[AlarmDay, ...] = ()  # in order of time
    promises: Mapping[str, Promise] | None = None  # None: nothing has matured
    frauds: int = 0  # among the payments behind the promises' findings
    past: tuple[Past, ...] = ()
    on_trial: str = ""  # the canary that runs, if one does
