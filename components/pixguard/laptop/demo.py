"""`pixguard demo`: simulate payments, train three models, let the gate choose, and write a report."""

from __future__ import annotations

import argparse
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from rich.console import Console

from pixguard.jobs import simulate_payments
from pixguard.laptop.report import Attempt, write_report
from pixguard.provenance.files import read_json
from pixguard.simulate import SimulationConfig
from pixguard.steps.runs.definition import load_pipeline
from pixguard.steps.runs.local import run_pipeline

PLAN = """pixguard demo: the whole loop on this machine, with simulated Pix payments

  1  simulate {payments:,} payments over {days} days                            about 20 s
  2  pipeline: a first model, taught by {first} days of payments        about 2.5 min
  3  pipeline: a challenger, taught by all of them                    about 2.5 min
  4  pipeline: a bad challenger, which the gate must refuse           about 1.5 min
  5  report: what was measured, which model won and why

Everything stays below {state} and on this machine; nothing is sent anywhere.
"""
NEXT = """
What next
  the report             {report}
  the runs in MLflow     make mlflow, then http://127.0.0.1:5055
  the winning version    {champion}
  your own payments      pixguard run train_model --param input=FILE --param mapping=YOURS.yaml \\
                           --param lake=DIR … (README, "Your own data")
"""

# What a demo leaves; the next one begins without it, for the data gate compares with the run before.
FOLDERS = ("input", "lake", "models", "mlflow", "keys", "runs", "cache")


@dataclass(frozen=True)
class Act:
    """One run of the pipeline: what it is called, how it differs, and what the gate should say."""

    name: str
    intent: str
    parameters: dict[str, Any]
    expected: str


def acts(first_days: int) -> tuple[Act, ...]:
    """Return the three trainings of the story."""
    return (
        Act("first model", f"{first_days} days of history to learn from", {"train_days": first_days}, "passed"),
        Act("challenger", "all history to learn from", {"promote": "always"}, "passed"),
        Act("bad challenger", "ten days, one epoch", {"train_days": 10, "epochs": 1}, "failed"),
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the demo; returns 0 when every act ended as the story says, else 1."""
    options = _parser().parse_args(argv)
    began, console = time.monotonic(), Console(highlight=False, soft_wrap=True)
    state: Path = options.state.absolute()
    console.print(PLAN.format(**vars(options) | {"state": state}))
    for name in FOLDERS:
        shutil.rmtree(state / name, ignore_errors=True)
    config = SimulationConfig(
        payments=options.payments, days=options.days, seed=options.seed, prevalence=options.prevalence
    )
    simulate_payments.run(config=config, out=state / "input", replace=True, console=console)
    common = _common(state) | {"as_of": f"{config.start_date + timedelta(days=config.days)}T06:00:00+00:00"}
    attempts = [
        _attempt(act, f"{number}", common, state, console) for number, act in enumerate(acts(options.first), start=2)
    ]
    report = write_report(attempts, state / "report.html", time.monotonic() - began)
    champion = [attempt for attempt in attempts if attempt.outcome == "passed"][-1:]
    kept = champion[0].version if champion else "none passed the gate"
    console.print(NEXT.format(report=report.as_uri(), champion=kept))
    console.print(f"done in {time.monotonic() - began:.0f} s")
    return _compare(attempts, options.first, console)


def _attempt(act: Act, number: str, common: dict[str, Any], state: Path, console: Console) -> Attempt:
    """Run the pipeline once and gather what it left."""
    console.print(f"\n[bold]{number}  {act.name}[/bold]: {act.intent}")
    before = set(_runs(state))
    run = run_pipeline(load_pipeline("train_model"), common | act.parameters, state=state, caching=True)
    (folder,) = set(_runs(state)) - before
    verdict = read_json(folder / "verdict" / "verdict.json")
    for check in verdict["checks"]:
        if not check["passed"]:
            console.print(f"   {check['outcome']}: {check['name']}: {check['reason']}")
    console.print(f"   the gate says: [bold]{verdict['outcome']}[/bold]")
    versions = sorted((state / "models" / "versions").glob("*"), key=lambda path: path.stat().st_mtime_ns)
    version = str(versions[-1]) if verdict["passed"] else ""
    return Attempt(act.name, act.intent, folder, verdict, version, sum(step.seconds for step in run.steps))


def _common(state: Path) -> dict[str, Any]:
    return {
        "input": str(state / "input" / "payments.parquet"),
        "labels": str(state / "input" / "labels.parquet"),
        "mapping": "simulator",
        "lake": str(state / "lake"),
        "models": str(state / "models"),
        "tracking_uri": f"sqlite:///{state / 'mlflow' / 'mlflow.db'}",
        "signing_key": str(state / "keys" / "signing.pem"),
    }


def _runs(state: Path) -> list[Path]:
    return [path for path in (state / "models" / "runs").glob("*") if (path / "verdict" / "verdict.json").exists()]


def _compare(attempts: Sequence[Attempt], first_days: int, console: Console) -> int:
    """Say aloud where a verdict is not the one that the story expects."""
    wrong = [
        f"{attempt.name}: the gate said {attempt.outcome}, the story expects {act.expected}"
        for attempt, act in zip(attempts, acts(first_days), strict=True)
        if attempt.outcome != act.expected
    ]
    for line in wrong:
        console.print(f"[red]{line}[/red]")
    return 1 if wrong else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="pixguard demo", description="Run the whole loop on simulated payments.")
    parser.add_argument("--payments", type=int, default=200_000, help="payments to simulate (default: %(default)s)")
    parser.add_argument("--days", type=int, default=75, help="days they are spread over (default: %(default)s)")
    parser.add_argument("--first", type=int, default=21, help="days that teach the first model (default: %(default)s)")
    parser.add_argument("--prevalence", type=float, default=0.02, help="share of fraud (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=7, help="same seed, same world (default: %(default)s)")
    parser.add_argument("--state", type=Path, default=Path("build/demo"), help="folder (default: %(default)s)")
    return parser
