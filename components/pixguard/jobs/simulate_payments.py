"""Simulate a Pix world and write its payments, labels and truth as Parquet."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace as with_values
from datetime import date
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from pixguard.errors import PixguardError
from pixguard.simulate import (
    DEFAULT_TYPOLOGIES,
    NEW_TYPOLOGIES,
    STAGES,
    SimulationConfig,
    SimulationConfigError,
    Story,
    TypologyShare,
    simulate,
)
from pixguard.simulate.simulation import Progress as Report
from pixguard.simulate.writer import is_kept, write

_WRITING = "writing Parquet"


def run(*, config: SimulationConfig, out: Path, replace: bool = False, console: Console | None = None) -> bool:
    """Simulate and write to the folder `out`; False if it already holds this very simulation.

    SimulationExistsError if `out` holds another one and `replace` is false, or files of somebody else.
    """
    shown = console or Console(stderr=True)
    if is_kept(out, config, replace):
        shown.print(f"{out} already holds this simulation, nothing to do", highlight=False, soft_wrap=True)
        return False
    started = time.monotonic()
    with _progress(shown) as report:
        simulation = simulate(config, report)
        report(_WRITING)
        write(simulation, config, out)
    shown.print(
        f"{simulation.payments.num_rows:,} payments and {simulation.labels.num_rows:,} labels of {config.days} days "
        f"in {out} ({time.monotonic() - started:.1f} s)",
        highlight=False,
        soft_wrap=True,
    )
    return True


@contextmanager
def _progress(console: Console) -> Iterator[Report]:
    """Show the stages: a bar on a terminal, one plain line a stage elsewhere."""
    stages = (*STAGES, _WRITING)
    if not console.is_terminal:
        yield lambda stage: console.print(f"simulate: {stage}", highlight=False)
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("simulate", total=len(stages))
        yield lambda stage: bar.update(task, description=stage, completed=stages.index(stage))


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Return the parsed arguments."""
    defaults = SimulationConfig()
    parser = argparse.ArgumentParser(prog="python -m pixguard.jobs.simulate_payments", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder of payments, labels and truth")
    parser.add_argument("--payments", type=int, default=defaults.payments, help="exact number (%(default)s)")
    parser.add_argument("--days", type=int, default=defaults.days, help="days that are simulated (%(default)s)")
    parser.add_argument("--start-date", type=date.fromisoformat, default=defaults.start_date, help="(%(default)s)")
    parser.add_argument("--seed", type=int, default=defaults.seed, help="same seed, same world (%(default)s)")
    parser.add_argument("--prevalence", type=float, default=defaults.prevalence, help="share of fraud (%(default)s)")
    parser.add_argument("--people", type=int, help="accounts of people (by payments and days)")
    parser.add_argument("--merchants", type=int, help="accounts of merchants (by people)")
    parser.add_argument(
        "--typology",
        action="append",
        default=[],
        metavar="NAME=SHARE[@DAY]",
        help="change a typology's share of cases, and the day on which it first appears; may be repeated",
    )
    parser.add_argument("--replace", action="store_true", help="replace a simulation of another configuration")
    return parser.parse_args(argv)


def typologies(changes: Sequence[str]) -> tuple[TypologyShare, ...]:
    """Return the default shares with changes such as `consent_abuse=0.3@40`; SimulationConfigError else."""
    shares = {item.story: item for item in (*DEFAULT_TYPOLOGIES, *NEW_TYPOLOGIES)}
    for change in changes:
        name, _, value = change.partition("=")
        share, _, first_day = value.partition("@")
        try:
            story = Story[name.upper()]
            shares[story] = with_values(shares[story], share=float(share), first_day=int(first_day or 0))
        except (KeyError, ValueError) as error:
            known = ", ".join(story.name.lower() for story in shares)
            raise SimulationConfigError(f"typology {change!r}: write NAME=SHARE or NAME=SHARE@DAY, {known}") from error
    usual = {item.story for item in DEFAULT_TYPOLOGIES}
    return tuple(item for item in shares.values() if item.share > 0 or item.story in usual)


def main(argv: Sequence[str] | None = None) -> int:
    """Parse, simulate, write; return the exit status."""
    arguments = parse(argv)
    try:
        config = SimulationConfig(
            payments=arguments.payments,
            days=arguments.days,
            start_date=arguments.start_date,
            seed=arguments.seed,
            prevalence=arguments.prevalence,
            people=arguments.people,
            merchants=arguments.merchants,
            typologies=typologies(arguments.typology),
        )
        run(config=config, out=arguments.out, replace=arguments.replace)
    except PixguardError as error:
        Console(stderr=True).print(f"simulate_payments: {error}", style="red", markup=False, soft_wrap=True)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
