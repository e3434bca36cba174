from typing import Any

import pytest

from pixguard.console.standing import standing
from pixguard.evidence.plane import versions_in
from pixguard.overlay import Canary, Placed, Release
from pixguard.release.history import Entry
from pixguard.release.message import Note

from .world import FIRST, SECOND, counters

GOOD = {"Ready": ("True", None), "PredictorReady": ("True", None)}


def entry(action: str = "promote", canary: Placed | None = None, percent: int = 0) -> Entry:
    note = Note(action, "laptop", (canary or FIRST).name, SECOND.name, percent, ("because",))
    state = Release(FIRST, Canary(canary, percent) if canary else None)
    return Entry("c0ffee", "ana", "2026-11-24T12:00:00+00:00", "title", note, state)


def status(conditions: dict[str, Any] | None = None, commit: str = "c0ffee", error: str | None = None) -> dict:
    found = [{"type": name, "status": each[0], "reason": each[1]} for name, each in (GOOD | (conditions or {})).items()]
    return {"conditions": found, "observed": {"commit": commit, "error": error}}


def served(**weights: int) -> Any:
    return versions_in({name: counters(name, 10, 0, weight) for name, weight in weights.items()}, "here")


@pytest.mark.parametrize(
    ("entries", "seen", "versions", "kind"),
    [
        ([entry()], status(), {}, "serving"),
        ([entry("advance", SECOND, 25)], status(), {}, "canary"),
        ([entry("rollback")], status(), {}, "rolled_back"),
        ([entry()], status({"Ready": ("False", "PredictorNotReady")}), {}, "not_ready"),
        ([entry("advance", SECOND, 5)], status({"Ready": ("False", None)}), {}, "not_ready"),
        ([entry()], {}, {}, "not_ready"),
        ([], status(), {}, "nothing"),
        ([entry()], status({"PredictorReady": ("False", "NothingReleased"), "Ready": ("False", None)}), {}, "nothing"),
        ([entry()], status(), None, "away"),
        ([], {}, None, "away"),
    ],
)
def test_one_word_says_how_things_stand(entries: list[Entry], seen: dict, versions: Any, kind: str) -> None:
    assert standing(entries, seen, versions)["kind"] == kind


def test_a_canary_is_shown_though_it_gets_nothing_and_a_leaving_version_while_it_gets_something() -> None:
    shares = standing(
        [entry("propose", SECOND)], status(), served(**{FIRST.name: 90, SECOND.name: 0, "vold": 10, "vgone": 0})
    )["shares"]
    assert [(each["name"], each["role"], each["percent"]) for each in shares] == [
        (FIRST.name, "stable", 90), (SECOND.name, "canary", 0), ("vold", "leaving", 10),
    ]  # fmt: skip


def test_a_refused_commit_and_a_commit_that_is_not_taken_yet_are_said() -> None:
    found = standing([entry()], status(error="knows no such field", commit="older"), {})
    assert found["refused"] == "knows no such field"
    assert found["behind"] is True
    assert standing([entry()], status(), {})["behind"] is False
