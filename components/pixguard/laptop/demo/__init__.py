"""`pixguard demo`: the whole loop on this machine, from simulated payments to releases that Git moves."""

from __future__ import annotations

import argparse
import shutil
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from datetime import time as clock
from pathlib import Path

from rich.console import Console

from pixguard.jobs import simulate_payments
from pixguard.laptop.demo.release import released
from pixguard.laptop.demo.training import surprises, trained
from pixguard.laptop.plane.commands import down
from pixguard.laptop.report import write_report
from pixguard.simulate import SimulationConfig

PLAN = """pixguard demo: the whole loop on this machine, with simulated Pix payments

  1  simulate {payments:,} payments over {days} days                            a few seconds
  2  pipeline: a first model, taught by {first} days of payments        about 1.5 min
  3  pipeline: a challenger, taught by all of them                    about 1.5 min
  4  pipeline: a bad challenger, which the gate must refuse           about 1 min
  5  serve the first model, catch mule chains while they happen,
     release the challenger through Git, and four bad versions
     that are rolled back by themselves                               about 4 min

Everything stays below {state} and on this machine; nothing is sent anywhere.
"""
NEXT = """
What next
  the report             {report}
  the runs in MLflow     make mlflow, then http://127.0.0.1:5055
  the winning version    {champion}
  serve it again         pixguard up --state {plane}   (prints the address, and the console's)
  your own payments      pixguard run train_model --param input=FILE --param mapping=YOURS.yaml \\
                           --param lake=DIR … (README, "Your own data")
"""
# What a demo leaves; the next one begins without it, for the data gate compares with the run before.
FOLDERS = ("input", "lake", "models", "mlflow", "keys", "runs", "cache", "plane", "spoilt", "hour_old")
LIVE_DAYS = 10  # the newest days are the traffic; state is as of their beginning


def main(argv: Sequence[str] | None = None) -> int:
    """Run the demo; returns 0 when every act ended as the story says, else 1."""
    options = _parser().parse_args(argv)
    began, console = time.monotonic(), Console(highlight=False, soft_wrap=True)
    state: Path = options.state.absolute()
    console.print(PLAN.format(**vars(options) | {"state": state}))
    _clear(state)
    config = SimulationConfig(
        payments=options.payments, days=options.days, seed=options.seed, prevalence=options.prevalence
    )
    simulate_payments.run(config=config, out=state / "input", replace=True, console=console)
    end = datetime.combine(config.start_date + timedelta(days=config.days), clock(), UTC)
    attempts = trained(options.first, state, (end + timedelta(hours=6)).isoformat(), console)
    wrong = surprises(attempts, options.first)
    passed = [attempt for attempt in attempts if attempt.outcome == "passed"]
    if len(passed) > 1 and not options.no_release:
        console.print("\n[bold]5  releases[/bold]: the first model serves, then commits move the traffic")
        wrong += released(passed[0], passed[-1], state, end - timedelta(days=LIVE_DAYS), console)
    report = write_report(attempts, state / "report.html", time.monotonic() - began)
    champion = passed[-1].version if passed else "none passed the gate"
    console.print(NEXT.format(report=report.as_uri(), champion=champion, plane=state / "plane"))
    console.print(f"done in {time.monotonic() - began:.0f} s")
    for line in wrong:
        console.print(f"[red]{line}[/red]")
    return 1 if wrong else 0


def _clear(state: Path) -> None:
    """Remove what an earlier demo left, a plane that still runs included."""
    if (state / "plane" / "processes").is_dir():
        down.main(["--state", str(state / "plane")])
    for name in FOLDERS:
        shutil.rmtree(state / name, ignore_errors=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="pixguard demo", description="Run the whole loop on simulated payments.")
    parser.add_argument("--payments", type=int, default=200_000, help="payments to simulate (default: %(default)s)")
    parser.add_argument("--days", type=int, default=75, help="days they are spread over (default: %(default)s)")
    parser.add_argument("--first", type=int, default=21, help="days that teach the first model (default: %(default)s)")
    parser.add_argument("--prevalence", type=float, default=0.02, help="share of fraud (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=7, help="same seed, same world (default: %(default)s)")
    parser.add_argument("--state", type=Path, default=Path("build/demo"), help="folder (default: %(default)s)")
    parser.add_argument("--no-release", action="store_true", help="end with the report, release nothing")
    return parser
