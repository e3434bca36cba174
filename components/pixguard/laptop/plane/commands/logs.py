"""`pixguard logs`: what the plane, Envoy, S3, the stream and the servers said."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.console import Console

from pixguard.errors import UsageError
from pixguard.laptop.plane.commands import options
from pixguard.laptop.plane.folder import Folder


def main(argv: Sequence[str] | None = None) -> int:
    """Print the last lines of every log, or of those named; with --follow, go on."""
    parser = options.parser("logs", "Show the logs of the laptop plane's processes.")
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="plane, envoy, s3, stream, a replica or version (default: all)"
    )
    parser.add_argument("--lines", type=int, default=20, help="last lines of each (default: %(default)s)")
    parser.add_argument("--follow", action="store_true", help="go on until interrupted")
    chosen = parser.parse_args(argv)
    console = Console(highlight=False, soft_wrap=True, markup=False)
    folder = options.existing(chosen.state)
    places = {log: _tail(log, chosen.lines, console) for log in _logs(folder, chosen.names)}
    while chosen.follow:
        time.sleep(0.2)
        for log in _logs(folder, chosen.names):
            places[log] = _more(log, places.get(log, 0), console)
    return 0


def _logs(folder: Folder, names: Iterable[str]) -> list[Path]:
    wanted, found = list(names), sorted(folder.logs.glob("*.log"))
    chosen = [log for log in found if not wanted or any(name in log.stem for name in wanted)]
    if not chosen:
        raise UsageError(f"no log of {', '.join(wanted)}; there are {', '.join(log.stem for log in found)}")
    return chosen


def _tail(log: Path, lines: int, console: Console) -> int:
    """Print the last lines; return where the file ended."""
    with log.open("rb") as file:
        text = file.read()
    _print(log, text.splitlines()[max(len(text.splitlines()) - lines, 0) :], console)
    return len(text)


def _more(log: Path, place: int, console: Console) -> int:
    """Print whole lines that came since; a log that was cut begins anew."""
    with log.open("rb") as file:
        if log.stat().st_size < place:
            place = 0
        file.seek(place)
        whole, newline, _ = file.read().rpartition(b"\n")
    _print(log, whole.splitlines(), console)
    return place + len(whole) + len(newline)


def _print(log: Path, lines: Iterable[bytes], console: Console) -> None:
    for line in lines:
        console.print(f"{log.stem:<10} {line.decode(errors='replace')}")
