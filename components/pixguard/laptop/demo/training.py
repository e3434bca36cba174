"""The demo's first half: three trainings, of which the gate lets two pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from pixguard.laptop.report import Attempt
from pixguard.provenance.files import read_json
from pixguard.steps.runs.definition import load_pipeline
from pixguard.steps.runs.local import run_pipeline


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


def trained(first_days: int, state: Path, as_of: str, console: Console) -> list[Attempt]:
    """Run the pipeline once an act and return what each run left."""
    common = _common(state) | {"as_of": as_of}
    return [_attempt(act, f"{number}", common, state, console) for number, act in enumerate(acts(first_days), start=2)]


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


def surprises(attempts: Sequence[Attempt], first_days: int) -> list[str]:
    """Return where a verdict is not the one that the story expects."""
    return [
        f"{attempt.name}: the gate said {attempt.outcome}, the story expects {act.expected}"
        for attempt, act in zip(attempts, acts(first_days), strict=True)
        if attempt.outcome != act.expected
    ]
