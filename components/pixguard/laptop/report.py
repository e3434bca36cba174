"""The demo's report: one HTML file that needs nothing else, written as a whole."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from pixguard.provenance.files import read_json, replace_file

TOP_FEATURES = 15


@dataclass(frozen=True)
class Attempt:
    """One trained model: its name and intent, the folder of its run, the gate's verdict, the kept version or ""."""

    name: str
    intent: str
    folder: Path
    verdict: Mapping[str, Any]
    version: str
    seconds: float

    @property
    def outcome(self) -> str:
        """What the gate said."""
        return str(self.verdict["outcome"])

    @property
    def facts(self) -> dict[str, Any]:
        """What the training wrote down about itself."""
        return read_json(self.folder / "model" / "training.json")

    @property
    def refusals(self) -> list[Mapping[str, Any]]:
        """The checks that did not pass."""
        return [check for check in self.verdict["checks"] if not check["passed"]]

    @property
    def metrics(self) -> dict[str, str]:
        """The challenger's metrics as text, each with its interval."""
        return {name: _interval(value) for name, value in self.verdict["metrics"].get("challenger", {}).items()}

    @property
    def plots(self) -> dict[str, str]:
        """The gate's plots as data addresses, by name."""
        files = sorted((self.folder / "verdict" / "plots").glob("*.png"))
        return {f.stem: "data:image/png;base64," + base64.b64encode(f.read_bytes()).decode("ascii") for f in files}

    @property
    def top_features(self) -> list[tuple[str, float]]:
        """The features that move the score most, with their shares of all movement."""
        shares: Mapping[str, float] = self.facts["feature_importance"] or {}
        return sorted(shares.items(), key=lambda item: -item[1])[:TOP_FEATURES]

    @property
    def lineage(self) -> dict[str, str]:
        """Where the model comes from: data, code, run and version."""
        facts = self.facts
        lines = {
            "data snapshot": facts["data_snapshot_sha256"],
            "training data": facts["data"],
            "taught by payments": f"{facts['training_from'][:10]} to {facts['training_until'][:10]}",
            "model": facts["model"],
            "seed": str(facts["seed"]),
            "MLflow run": str(facts["mlflow_run_id"]),
        }
        if not self.version:
            return lines
        provenance = read_json(Path(self.version) / "provenance.json")
        return lines | {key.replace("_", " "): str(value) for key, value in provenance.items() if value is not None}


def write_report(attempts: Sequence[Attempt], path: Path, seconds: float) -> Path:
    """Write the report on `attempts`, in order of time, to `path` and return it."""
    environment = Environment(
        loader=PackageLoader("pixguard.laptop"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    passed = [attempt for attempt in attempts if attempt.outcome == "passed"]
    page = environment.get_template("report.html").render(
        attempts=attempts, winner=passed[-1] if passed else attempts[-1], has_winner=bool(passed), seconds=seconds
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, page.encode())
    return path


def _interval(value: Mapping[str, Any]) -> str:
    if not value["resamples"]:
        return f"{value['estimate']:.3f}"
    return f"{value['estimate']:.3f} ({value['low']:.3f} to {value['high']:.3f})"
