"""The demo's second half: serve the first model, release the challenger step by step, and let bad versions fall."""

from __future__ import annotations

import argparse
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from rich.console import Console

from pixguard.jobs import advance_canary, backfill_state, propose_version, show_history
from pixguard.jobs.release_arguments import add_place, place_of
from pixguard.laptop.demo import bad_versions, mules
from pixguard.laptop.demo.traffic import Traffic, payments_since
from pixguard.laptop.plane import process
from pixguard.laptop.plane.commands import down, up
from pixguard.laptop.plane.folder import Folder, read
from pixguard.laptop.report import Attempt
from pixguard.provenance.files import write_json

PER_SECOND = 60
WATCH_S = 240
# A demo cannot wait as long as a bank: shorter stages, fewer requests. Everything else is the product's.
RULES = {
    "min_stage_s": {"value": 4, "reason": "a demo's patience"},
    "ready_within_s": {"value": 20, "reason": "a demo's patience"},
    "min_requests": {"value": 100, "reason": "a demo's patience"},
    "min_pairs": {"value": 100, "reason": "a demo's patience"},
    "error_tolerance": {"value": 0.08, "reason": "what 100 requests can show"},
    "flips": {"value": 0.25, "reason": "the challenger learned from far more days than the first model"},
}


@dataclass(frozen=True)
class Trial:
    """One version on trial: what it is, how it is made, and how it should end."""

    name: str
    intent: str
    version: Callable[[], Path]
    ends: str
    kills: bool = False


def trials(champion: Attempt, state: Path) -> tuple[Trial, ...]:
    """Return the releases of the story."""

    def spoilt(spoil: Callable[[Path], None]) -> Callable[[], Path]:
        return lambda: bad_versions.kept(champion, spoil, state).folder

    return (
        Trial("challenger", "the model that won: 0 → 5 → 25 → 50 → 100 %", lambda: Path(champion.version), "promote"),
        Trial(
            "worse", "alerts far too often: its calibration is another bank's", spoilt(bad_versions.alarmed), "rollback"
        ),
        Trial("slow", "answers a hundred times slower", spoilt(bad_versions.slow), "rollback"),
        Trial(
            "failing",
            "its graph fails at every payment: its server never gets ready",
            spoilt(bad_versions.failing),
            "rollback",
        ),
        Trial("crashing", "its server dies every second", spoilt(bad_versions.unlucky), "rollback", kills=True),
    )


def released(first: Attempt, champion: Attempt, state: Path, cut: datetime, console: Console) -> list[str]:
    """Serve, release and roll back; return what did not end as the story says, in words."""
    plane = state / "plane"
    write_json(state / "rules.json", RULES)
    online = f"sqlite://{Folder.of(plane).online}"
    loaded = backfill_state.run(lake=state / "lake", online_store=online, cut=cut)
    console.print(f"   {loaded.keys:,} keys' state as of {cut:%Y-%m-%d} loaded in {loaded.load_s:.1f} s")
    wrong = []
    with _served(plane, Path(first.version), state):
        addresses = read(Folder.of(plane).plane)
        console.print("\n   [bold]mule chains[/bold]: caught while they happen, with features live and one hour old")
        until = mules.caught(addresses, Path(first.version), state, cut, console)
        with Traffic(str(addresses["url"]), payments_since(state / "lake", until), PER_SECOND) as traffic:
            for trial in trials(champion, state):
                wrong += _tried(trial, plane, state, traffic, console)
        console.print(f"\n   {traffic.sent:,} payments answered, {traffic.failed:,} without a decision")
        console.print("\n   what Git knows of it (pixguard history):")
        show_history.main(["--state", str(plane)])
    return wrong


@contextmanager
def _served(plane: Path, version: Path, state: Path) -> Iterator[None]:
    """Run the plane with a first version; nothing of it is left running."""
    try:
        key, lake = str(_public_key(state)), str(state / "lake")
        up.main(["--state", str(plane), "--version", str(version), "--public-key", key, "--lake", lake])
        yield
    finally:
        down.main(["--state", str(plane)])


def _tried(trial: Trial, plane: Path, state: Path, traffic: Traffic, console: Console) -> list[str]:
    console.print(f"\n   [bold]{trial.name}[/bold]: {trial.intent}")
    began, before = time.monotonic(), traffic.failed
    version = trial.version()
    propose_version.main([str(version), "--state", str(plane), "--public-key", str(_public_key(state))])
    with _killing(plane, version.name, active=trial.kills):
        watch = ["--watch", str(WATCH_S), "--every", "1", "--rules", str(state / "rules.json")]
        advance_canary.main(["--state", str(plane), *watch])
    ended = _last_action(plane)
    console.print(
        f"   {ended} after {time.monotonic() - began:.0f} s, "
        f"{traffic.failed - before} payments without a decision meanwhile"
    )
    return [] if ended == trial.ends else [f"{trial.name}: ended with {ended}, the story expects {trial.ends}"]


def _last_action(plane: Path) -> str:
    """Return what the newest commit says was done."""
    parser = argparse.ArgumentParser()
    add_place(parser)
    (entry,) = show_history.run(place=place_of(parser.parse_args(["--state", str(plane)])), limit=1)
    return entry.note.action if entry.note else entry.title


@contextmanager
def _killing(plane: Path, version: str, *, active: bool) -> Iterator[None]:
    """Kill the version's servers whenever they run: what a fault in native code looks like from outside."""
    stop = threading.Event()

    def kill() -> None:
        while not stop.wait(1.0):
            for each in process.recorded(Folder.of(plane)):
                if each.facts.get("version") == version:
                    each.signal(signal.SIGKILL)

    thread = threading.Thread(target=kill, daemon=True)
    if active:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        if active:
            thread.join()


def _public_key(state: Path) -> Path:
    (key,) = (state / "keys").glob("*.pub")
    return key
