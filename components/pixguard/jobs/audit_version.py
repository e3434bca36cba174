"""Who trained a version with what, who let it serve, when and how much: `pixguard audit VERSION`.

Told from the signed version folder, the overlay's Git history, the decision log and, where it is given, MLflow.
Ends with 1 where the signature does not verify.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from pixguard.decision_log import read_record
from pixguard.errors import UsageError
from pixguard.explanation.auditor import as_text
from pixguard.explanation.errors import ExplanationError
from pixguard.explanation.find import logged_lines
from pixguard.explanation.versions import Versions
from pixguard.jobs.audit_arguments import add_decisions, add_versions, decisions_of, versions_of
from pixguard.jobs.release_arguments import add_place, place_of, status_of
from pixguard.provenance import VersionError, load_version
from pixguard.provenance.files import file_sha256
from pixguard.release.history import history
from pixguard.release.place import Place
from pixguard.release.served import Change, changes


def run(
    *,
    version: str,
    versions: Versions,
    place: Place,
    decisions: Path | None = None,
    tracking_uri: str = "",
    registered_model: str = "pix-fraud",
) -> dict[str, Any]:
    """Return what is known of a version; ExplanationError where neither a folder nor Git knows it."""
    served = _served(place, version)
    try:
        origin = _origin(versions, version)
    except ExplanationError:
        if not served:
            raise
        origin = {"signature": "not verified: its folder is gone", "is_verified": False}
    found = {
        "version": version,
        **origin,
        "environment": place.environment,
        "served": [change.to_json() for change in served],
        "decisions": _decisions(decisions, version) if decisions and decisions.is_dir() else None,
    }
    return found | ({"registry": registered(tracking_uri, registered_model, version)} if tracking_uri else {})


def _origin(versions: Versions, version: str) -> dict[str, Any]:
    folder = versions.place(version)
    try:
        kept = load_version(folder, versions.public_key)
    except VersionError as error:
        return {"signature": f"FAILED: {error}", "is_verified": False}
    verdict = kept.metrics
    return {
        "signature": f"verified, {versions.public_key.name} sha256 {file_sha256(versions.public_key)[:16]}",
        "is_verified": kept.name == version,
        "trained": kept.provenance.to_json(),
        "features": {
            "service": kept.feature_service.get("name"),
            "sha256": file_sha256(folder / "feature_service.json"),
            "inputs": len(kept.feature_service.get("inputs", ())),
            "left_out": list(kept.feature_service.get("left_out", ())),
        },
        "gate": {
            "outcome": verdict.get("outcome"),
            "rows": verdict.get("rows"),
            "frauds": verdict.get("frauds"),
            "checks": [{name: each.get(name) for name in ("name", "outcome", "value", "bound")}
                       for each in verdict.get("checks", ())],
        },
    }  # fmt: skip


def _served(place: Place, version: str) -> list[Change]:
    with place.desk() as desk:
        head = desk.branch.fetch()
        every = history(desk.branch, head, desk.path)
        return changes(history(desk.branch, head, desk.path, mainline=True), every, version)


def _decisions(decisions: Path, version: str) -> dict[str, Any]:
    """Return how many decisions the log holds of the version, and its first and last; replays are no decisions."""
    wanted = f'"version":"{version}"'.encode()
    times, replays, by_decision = [], 0, {"approve": 0, "hold": 0, "reject": 0}
    for _, _, line in logged_lines(decisions):
        if wanted not in line:
            continue
        record = read_record(line)
        if record.version != version:
            continue
        if record.replay:
            replays += 1
        else:
            by_decision[record.decision] += 1
            times.append(record.decided_at)
    first_last = {"first": min(times, default=None), "last": max(times, default=None)}
    return {**by_decision, "replays": replays, **first_last}


def registered(uri: str, model: str, version: str) -> dict[str, Any]:
    """Return what MLflow knows of a version: its number, its aliases, and the run that made it."""
    from pixguard.registry import Registry  # noqa: PLC0415 - MLflow takes seconds to import
    from pixguard.registry.connection import database_file  # noqa: PLC0415

    if uri.startswith("sqlite") and not database_file(uri).is_file():
        raise UsageError(f"--tracking-uri {uri}: there is no such file, and an audit makes none")
    registry = Registry(uri, "pixguard")
    found = next((each for each in registry.versions(model) if each.kept == version), None)
    if found is None:
        return {"registered": False}
    run = registry.facts(found.run_id) if found.run_id else None
    return {"registered": True, "model": model, "number": found.number, "aliases": list(found.aliases), "run": run}


def text_of(found: Mapping[str, Any]) -> str:
    """Return the lines that are printed."""
    parts = {name: value for name, value in found.items() if name not in {"served", "is_verified", "registry"}}
    lines = [as_text(parts), "served:"]
    for change in found["served"]:
        since, until = _minute(change["since"]), _minute(change["until"]) if change["until"] else "now"
        lines.append(f"  {since} - {until}  {change['role']} {change['percent']} %  by {change['approved_by']}, "
                     f"{change['commit'][:12]} {change['what']}" + (
                         f", written by {change['written_by']}" if change["written_by"] != change["approved_by"] else ""
                     ))  # fmt: skip
        lines += [f"      {reason}" for reason in change["why"]]
    if not found["served"]:
        lines.append(f"  never, in {found['environment']}")
    if "registry" in found:
        lines.append(as_text({"registry": found["registry"]}))
    return "\n".join(lines)


def _minute(time: str) -> str:
    return datetime.fromisoformat(time).strftime("%Y-%m-%d %H:%M:%S")


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Return the parsed arguments."""
    parser = argparse.ArgumentParser(prog="pixguard audit", description=__doc__)
    parser.add_argument("version", metavar="VERSION", help="a version's name, such as v0123456789ab")
    parser.add_argument("--json", action="store_true", help="as one JSON object, with all evidence")
    parser.add_argument("--tracking-uri", default="", help="MLflow's address, to ask it too")
    parser.add_argument("--registered-model", default="pix-fraud", help="its name there (%(default)s)")
    add_place(parser)
    add_decisions(parser)
    add_versions(parser)
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Print the audit; 1 where the version is not what was signed."""
    options, console = parse(argv), Console(highlight=False, soft_wrap=True)
    with ExitStack() as stack:
        found = run(
            version=options.version,
            versions=stack.enter_context(versions_of(options)),
            place=place_of(options),
            decisions=decisions_of(options),
            tracking_uri=options.tracking_uri,
            registered_model=options.registered_model,
        )
    console.out(json.dumps(found, ensure_ascii=False) if options.json else text_of(found))
    return 0 if found["is_verified"] else 1


if __name__ == "__main__":
    raise SystemExit(status_of(main))
