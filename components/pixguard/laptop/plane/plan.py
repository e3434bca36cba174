"""Which replicas start and which leave, as a pure function of what is wanted and what runs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Want:
    """How many replicas of a version are wanted, of which template: the hash of address, command and environment."""

    template: str
    count: int


@dataclass(frozen=True)
class Seen:
    """One replica as it is now."""

    name: str
    version: str
    template: str
    ready: bool
    leaving: bool = False


@dataclass(frozen=True)
class Change:
    """What to do: versions to start a replica of, replicas to take out of service, and ones to take back in."""

    start: tuple[str, ...] = ()
    leave: tuple[str, ...] = ()
    stay: tuple[str, ...] = ()


def plan(wanted: Mapping[str, Want], replicas: Sequence[Seen], asked: Collection[str]) -> Change:
    """Return the change that brings `replicas` to what is wanted; `asked` are versions that requests go to now.

    A version that is not wanted leaves only when nobody is asked of it any more. A replica of an older template leaves
    when as many new ones as wanted are ready. Twice is once: what leaves is not told again.
    """
    start: list[str] = []
    leave: list[str] = []
    stay: list[str] = []
    for version, want in wanted.items():
        ours = [each for each in replicas if each.version == version and each.template == want.template]
        here, leaving = [each for each in ours if not each.leaving], [each for each in ours if each.leaving]
        missing = want.count - len(here)
        back = leaving[: max(missing, 0)]
        stay += [each.name for each in back]
        start += [version] * max(missing - len(back), 0)
        surplus = sorted(here, key=lambda each: (each.ready, each.name), reverse=True)[want.count :]
        leave += [each.name for each in surplus]
        if sum(each.ready for each in here) >= want.count:
            leave += [each.name for each in replicas if each.version == version and _older(each, want)]
    leave += [
        each.name for each in replicas if each.version not in wanted and each.version not in asked and not each.leaving
    ]
    return Change(tuple(start), tuple(leave), tuple(stay))


def _older(replica: Seen, want: Want) -> bool:
    return replica.template != want.template and not replica.leaving
