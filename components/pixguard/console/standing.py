"""How things stand, in one word and who serves what. Pure: Git, status and counters in, a picture out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pixguard.console.releases import serves
from pixguard.evidence.plane import Served
from pixguard.release.history import Entry


def standing(
    entries: Sequence[Entry], status: Mapping[str, Any], versions: Mapping[str, Served] | None
) -> Mapping[str, Any]:
    """Return the state of the service.

    `kind`: away (the plane does not answer), nothing (nothing was released), not_ready (stable does not serve as it
    should), canary, rolled_back (a canary was, and nothing happened since), serving.
    """
    newest = entries[0] if entries else None
    asked = serves(newest.state) if newest else None
    conditions = {str(each.get("type")): each for each in status.get("conditions", ())}
    observed = status.get("observed") or {}
    return {
        "kind": _kind(newest, conditions, asked, versions),
        "asked": asked,
        "since": newest.time if newest else None,
        "by": newest.author if newest else None,
        "version": newest.note.version if newest and newest.note else None,
        "why": list(newest.note.reasons) if newest and newest.note else [],
        "refused": observed.get("error"),
        "behind": bool(newest) and observed.get("commit") not in {None, newest.commit if newest else None},
        "troubles": [str(each["message"]) for each in conditions.values() if each.get("message")],
        "shares": _shares(versions or {}, asked),
    }


def _kind(
    newest: Entry | None,
    conditions: Mapping[str, Mapping[str, Any]],
    asked: Mapping[str, Any] | None,
    versions: Mapping[str, Served] | None,
) -> str:
    if versions is None:
        return "away"
    predictor = conditions.get("PredictorReady", {})
    if newest is None or predictor.get("reason") == "NothingReleased":
        return "nothing"
    if conditions.get("Ready", {}).get("status") != "True":
        return "not_ready"
    if asked and asked["canary"]:
        return "canary"
    return "rolled_back" if newest.what == "rollback" else "serving"


def _shares(versions: Mapping[str, Served], asked: Mapping[str, Any] | None) -> list[Mapping[str, Any]]:
    """Return who gets which share now, as the proxy divides it, stable first, and the canary though it gets nothing."""
    stable, canary = (asked["stable"], asked["canary"]) if asked else (None, None)
    shown = [
        {"name": name, "percent": each.weight, "ready": each.ready, "role": _role(name, stable, canary)}
        for name, each in versions.items()
        if each.weight or name in {stable, canary}
    ]
    order = ("stable", "canary", "leaving")
    return sorted(shown, key=lambda each: (order.index(str(each["role"])), str(each["name"])))


def _role(name: str, stable: str | None, canary: str | None) -> str:
    return "stable" if name == stable else "canary" if name == canary else "leaving"
