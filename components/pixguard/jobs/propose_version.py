"""Propose a kept version: `python -m pixguard.jobs.propose_version --help`.

Refuses what did not pass the gate or is not what was signed; uploads it where the store lacks it; commits it as a
canary at 0 % (prod: a pull request). Doing it again changes nothing.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from pixguard import overlay
from pixguard.jobs.release_arguments import add_place, place_of, public_key_of, status_of
from pixguard.overlay import Placed
from pixguard.provenance import KeptVersion, load_version
from pixguard.provenance.files import read_json
from pixguard.release.desk import Standing, Written
from pixguard.release.errors import MissingError, NotReleasableError, ReleaseError
from pixguard.release.message import Note
from pixguard.release.place import Place
from pixguard.release.store import Store


def registered(models: Path, run_id: str) -> Path | None:
    """Return the folder of the version that a run of train_model kept below `models`; None where the gate ended it."""
    path = models / "runs" / run_id / "registered.json"
    return Path(read_json(path)["folder"]) if path.exists() else None


def run(*, version: Path | None, place: Place, public_key: Path, first: bool = False) -> Written | None:
    """Propose the version in the folder `version`; None where it is on trial already, or where there is no version.

    `first`: install it as stable where nothing serves yet. NotReleasableError, SignatureError, StoreError, MovedError:
    the overlay is as it was.
    """
    if version is None:
        return None
    kept = load_version(version, public_key)
    if kept.metrics.get("passed") is not True:
        raise NotReleasableError(
            f"{version}: the gate's verdict is {kept.metrics.get('outcome')!r}; only passed serves"
        )
    with place.desk() as desk:
        seen = desk.standing()
        placed = seen.release.stable.beside(kept.name)
        edit = overlay.install if first else overlay.propose
        edit(seen.text, placed)  # refused before anything is uploaded
        store = place.store(seen.release.stable)
        _check_stable(seen, store, placed, first)
        store.put(kept, public_key)
        action = "install" if first else "propose"
        note = Note(action, place.environment, kept.name, seen.release.stable.name, 100 if first else 0, _reasons(kept))
        return desk.write(seen, lambda text: edit(text, placed), note)


def _check_stable(seen: Standing, store: Store, placed: Placed, first: bool) -> None:
    """A canary needs a stable version beside it; the first version of a place must find none."""
    stable = seen.release.stable
    if first and stable.name != placed.name and store.holds(stable.name):
        raise ReleaseError(f"{stable.name} serves here: propose without --first, and {placed.name} goes on trial")
    if not first and not store.holds(stable.name):
        raise MissingError(f"{stable.uri} is not in the store, so nothing serves here: propose with --first")


def _reasons(kept: KeptVersion) -> tuple[str, ...]:
    """Say what the gate measured and where the version comes from."""
    origin, measured = kept.provenance, kept.metrics.get("metrics", {}).get("challenger", {})
    rows, frauds = (kept.metrics.get(name, 0) for name in ("rows", "frauds"))
    reasons = [f"the gate passed it on {rows:,} later payments, {frauds:,} frauds"]
    for name in ("average_precision", "recall_at_fpr_1pct", "value_detection_rate"):
        if name in measured:
            each = measured[name]
            reasons.append(f"{name} {each['estimate']:.4f} ({each['low']:.4f} to {each['high']:.4f})")
    reasons.append(f"data {origin.data_snapshot_sha256[:12]}, code {(origin.code_commit or origin.code_sha256)[:12]}, "
                   f"kept by {origin.kept_by} at {origin.kept_at}")  # fmt: skip
    return tuple(reasons)


def main(argv: Sequence[str] | None = None) -> int:
    """Propose from the command line; PixguardError goes to the caller."""
    parser = argparse.ArgumentParser(prog="pixguard propose", description=__doc__.partition("\n")[0])
    parser.add_argument("version", type=Path, help="folder of the kept version")
    parser.add_argument("--public-key", type=Path, help="the key that it was signed with, its public half")
    parser.add_argument("--first", action="store_true", help="nothing serves here yet: make it stable without a trial")
    add_place(parser)
    options = parser.parse_args(argv)
    place = place_of(options)
    written = run(version=options.version, place=place, public_key=public_key_of(options, place), first=options.first)
    Console(highlight=False, soft_wrap=True).print(_told(written, options.version, options.first))
    return 0


def _told(written: Written | None, version: Path, first: bool) -> str:
    if written is None:
        return f"{version.name} is there already; nothing changed"
    if not written.merged:
        return f"{version.name} waits for a reviewer: {written.url}"
    return f"{written.commit[:12]} {version.name} " + (
        "serves" if first else "on trial at 0 %; `pixguard advance` goes on"
    )


if __name__ == "__main__":
    raise SystemExit(status_of(main))
