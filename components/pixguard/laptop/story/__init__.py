"""`pixguard story`: ninety simulated days in minutes. Something new begins on day 40, and the loop answers it."""

from __future__ import annotations

import argparse
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from datetime import timedelta
from pathlib import Path
from typing import Any

from rich.console import Console

from pixguard.errors import PixguardError
from pixguard.laptop.story.books import Books
from pixguard.laptop.story.numbers import Estimate, Numbers, estimate, numbers
from pixguard.laptop.story.play import Event, Play, Story
from pixguard.laptop.story.plot import picture, write_page
from pixguard.laptop.story.teaching import School
from pixguard.laptop.story.world import Plan, World, worlds
from pixguard.metrics import Interval
from pixguard.provenance import KeptVersion
from pixguard.provenance.files import replace_file, write_json
from pixguard.retraining import RetrainingRules


class StoryError(PixguardError):
    """A story that cannot begin; the message says what would help."""


CHANGE, CALM = "something new begins", "nothing changes"
MOST_FALSE_ALARMS = 1  # in ninety days without change


def main(argv: Sequence[str] | None = None) -> int:
    """Tell both stories; returns 0 where what is new was answered and what is not was left alone, else 1."""
    options = _parser().parse_args(argv)
    began, console = time.monotonic(), Console(highlight=False, soft_wrap=True)
    state: Path = options.state.absolute()
    shutil.rmtree(state, ignore_errors=True)
    state.mkdir(parents=True)
    plan = Plan(**{each.name: getattr(options, each.name) for each in fields(Plan) if hasattr(options, each.name)})
    changed, calm = worlds(plan, state / "worlds", console, change=not options.no_change)
    console.print(f"worlds are ready after {time.monotonic() - began:.0f} s")
    stories = told(changed, calm, state, console)
    wrong = _end(stories, state, console)
    console.print(f"done in {time.monotonic() - began:.0f} s")
    for line in wrong:
        console.print(f"[red]{line}[/red]")
    return 1 if wrong else 0


def told(
    changed: World | None, calm: World, state: Path, console: Console, school: Mapping[str, Any] | None = None
) -> dict[str, Story]:
    """Return the stories by title: one first model, which both of them begin with."""
    school = {"maturity_days": 7, "judge_days": 7, "train_days": 40, **(school or {})}
    first = _first(calm, School(state / "first", **school), console)
    stories = {}
    for title, world in ((CHANGE, changed), (CALM, calm)):
        if world is not None:
            folder = state / ("change" if world is changed else "calm")
            shutil.copytree(state / "first", folder, dirs_exist_ok=True, symlinks=True)
            console.print(f"\n[bold]{title}[/bold]")
            own = School(folder, **school)
            play = Play(world, folder, own, RetrainingRules(), lambda event: console.print(_line(event), markup=False))
            stories[title] = play.run(first)
    return stories


def _first(world: World, school: School, console: Console) -> KeptVersion:
    """Return the version that serves on day 0, taught by history alone."""
    began = time.monotonic()
    kept, why = school.teach(world, Books(world), world.plan.begins, "first")
    if kept is None:
        raise StoryError(f"the gate refused the first model ({', '.join(why)}): a larger world teaches more, --per-day")
    console.print(f"the first model {kept.name} passed the gate ({time.monotonic() - began:.0f} s)")
    return kept


def _end(stories: Mapping[str, Story], state: Path, console: Console) -> list[str]:
    """Print and write what came of it; return what is not as it should be."""
    wrong: list[str] = []
    panels, estimates, data = [], [], {}
    for title, story in stories.items():
        found = numbers(story, change=title == CHANGE)
        plan = story.world.plan
        said = estimate(story, plan.moment(plan.days), timedelta(days=7))
        console.print(f"\n[bold]{title}[/bold]: {plan.days} days, {len(story.books.outcomes()):,} decisions")
        for name, value in found.to_json().items():
            console.print(f"   {name:28} {_text(value)}")
        console.print(f"   recall by reports alone      {_estimates(said)}")
        wrong += _wrong(title, found, said)
        panels.append({"title": title, "numbers": {k: _text(v) for k, v in found.to_json().items()},
                       "events": [_told(each) for each in story.events]})  # fmt: skip
        estimates.append(_row(title, said))
        data[title] = {**found.to_json(), "lost_brl": story.lost_brl, "events": [_told(e) for e in story.events],
                       "recall": asdict(said)}  # fmt: skip
    png = picture(list(stories.items()))
    replace_file(state / "story.png", png)
    write_page(state / "story.html", png, panels, estimates)
    write_json(state / "story.json", data)
    console.print(f"\nthe picture {state / 'story.png'}, the page {(state / 'story.html').as_uri()}")
    return wrong


def _wrong(title: str, found: Numbers, said: Estimate) -> list[str]:
    wrong = []
    if found.false_alarms > MOST_FALSE_ALARMS:
        wrong.append(f"{title}: {found.false_alarms} false alarms, {MOST_FALSE_ALARMS} is allowed")
    if title == CHANGE and found.promoted_day is None:
        wrong.append(f"{title}: nothing that was trained after it had been noticed was promoted")
    if not said.covers:
        wrong.append(f"{title}: the interval of the explored recall does not hold the truth")
    return wrong


def _told(event: Event) -> dict[str, Any]:
    return {**asdict(event), "day": event.told_day}


def _line(event: Event) -> str:
    detail = event.detail if len(event.detail) < 160 else f"{event.detail[:157]}…"
    return f"   day {event.told_day:3}  {event.what}{': ' if detail else ''}{detail}"


def _estimates(said: Estimate) -> str:
    return (
        f"{_interval(said.explored)} with exploration, {_interval(said.naive)} without; truth {said.truth:.3f} "
        f"({'covered' if said.covers else 'not covered'}; bias without {_text(said.bias)})"
    )


def _row(title: str, said: Estimate) -> dict[str, str]:
    return {"title": title, "truth": f"{said.truth:.3f}", "explored": _interval(said.explored),
            "covers": "yes" if said.covers else "no", "naive": _interval(said.naive),
            "bias": _text(said.bias)}  # fmt: skip


def _interval(found: Interval | None) -> str:
    return "none" if found is None else f"{found.estimate:.3f} ({found.low:.3f} to {found.high:.3f})"


def _text(value: float | None) -> str:
    if value is None:
        return "none"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.3f}" if abs(value) < 10 else f"{value:,.0f}"


def _parser() -> argparse.ArgumentParser:
    plan = Plan()
    parser = argparse.ArgumentParser(prog="pixguard story", description=__doc__.partition(": ")[2])
    parser.add_argument("--per-day", type=int, default=plan.per_day, help="payments a day (default: %(default)s)")
    parser.add_argument(
        "--history-days", type=int, default=plan.history_days, help="days before (default: %(default)s)"
    )
    parser.add_argument("--days", type=int, default=plan.days, help="days to live through (default: %(default)s)")
    parser.add_argument("--new-day", type=int, default=plan.new_day, help="when it begins (default: %(default)s)")
    parser.add_argument("--share", type=float, default=plan.share, help="cases of it for each other (%(default)s)")
    parser.add_argument(
        "--prevalence", type=float, default=plan.prevalence, help="share of fraud with the new typology (%(default)s)"
    )
    parser.add_argument("--seed", type=int, default=plan.seed, help="same seed, same world (default: %(default)s)")
    parser.add_argument("--no-change", action="store_true", help="tell only the story in which nothing changes")
    parser.add_argument("--state", type=Path, default=Path("build/story"), help="folder (default: %(default)s)")
    return parser
