"""Take a release back: `python -m pixguard.jobs.roll_back --help`.

While a canary runs its entry goes; after a promotion the overlay becomes what it was before the proposal, byte for
byte. Either is one commit that names the commits it reverts.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from rich.console import Console

from pixguard import overlay
from pixguard.jobs.release_arguments import add_place, place_of, status_of
from pixguard.release.desk import Desk, Standing, Written
from pixguard.release.errors import MissingError, ReleaseError
from pixguard.release.history import Entry, history, promotion, trial
from pixguard.release.message import Note
from pixguard.release.place import Place


def run(*, place: Place, reason: str) -> Written | None:
    """Take back the canary, or else the last promotion; MissingError where the store lacks what would serve then."""
    with place.desk() as desk:
        seen = desk.standing()
        entries = history(desk.branch, seen.head, desk.path)
        if seen.release.canary is not None:
            return drop_canary(desk, seen, (reason,), entries=entries)
        return _restore(place, desk, seen, promotion(entries), reason)


def drop_canary(
    desk: Desk,
    seen: Standing,
    reasons: tuple[str, ...],
    evidence: dict[str, list[float | None]] | None = None,
    entries: Sequence[Entry] | None = None,
) -> Written | None:
    """Take the canary away in one commit, which in a reviewed environment is merged at once where that is allowed."""
    if seen.release.canary is None:
        return None
    name = seen.release.canary.version.name
    known = entries if entries is not None else history(desk.branch, seen.head, desk.path, limit=20)
    reverts = tuple(entry.commit for entry in trial(known, name))
    note = Note("rollback", desk.environment, name, seen.release.stable.name, 0, reasons, evidence or {}, reverts)
    return desk.write(seen, lambda text: overlay.drop(text, name), note, urgent=True)


def _restore(place: Place, desk: Desk, seen: Standing, series: Sequence[Entry], reason: str) -> Written | None:
    before = desk.branch.read(f"{series[-1].commit}^", desk.path)
    former = overlay.read(before)
    name = seen.release.stable.name
    if former.canary is not None or former.stable.name == name:
        raise ReleaseError(f"before {series[-1].commit[:12]} the overlay said {former}: revert by hand with git revert")
    if not place.store(former.stable).holds(former.stable.name):
        raise MissingError(f"{former.stable.uri} is not in the store: propose its folder again, it could not serve")
    reverts = tuple(entry.commit for entry in series)
    note = Note("rollback", desk.environment, name, former.stable.name, 0, (reason,), {}, reverts)
    return desk.write(seen, lambda _text: before, note, urgent=True)


def main(argv: Sequence[str] | None = None) -> int:
    """Roll back from the command line; PixguardError goes to the caller."""
    parser = argparse.ArgumentParser(prog="pixguard rollback", description=__doc__.partition("\n")[0])
    parser.add_argument("--reason", required=True, help="why, for those who read the history")
    add_place(parser)
    options = parser.parse_args(argv)
    written = run(place=place_of(options), reason=options.reason)
    Console(highlight=False, soft_wrap=True).print(
        "nothing to take back" if written is None else f"{written.commit[:12]} rolled back {written.url}".strip()
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(status_of(main))
