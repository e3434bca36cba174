"""The graph of watch_model as a KFP server gets it, and one run of it here."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml

from pixguard.steps.runs.compile import compile_pipeline
from pixguard.steps.runs.definition import load_pipeline, read_parameters
from pixguard.steps.runs.local import run_pipeline
from tests.jobs.test_watch_decisions import DAY
from tests.outcomes.log import verdict, write_segment
from tests.watch.version import day_of, keep


def test_outcomes_come_before_the_watch_and_nothing_is_cached(tmp_path: Path) -> None:
    path = compile_pipeline(load_pipeline("watch_model"), tmp_path)
    specification: dict[str, Any] = next(yaml.safe_load_all(path.read_text()))
    steps = specification["components"]["comp-exit-handler-1"]["dag"]["tasks"]
    assert steps["watch-decisions"]["dependentTasks"] == ["ingest-labels"]
    assert not [name for name, task in steps.items() if task.get("cachingOptions", {}).get("enableCache")]
    record = specification["root"]["dag"]["tasks"]["record-outcome"]
    assert record["triggerPolicy"]["strategy"] == "ALL_UPSTREAM_TASKS_COMPLETED"


def test_a_run_here_writes_the_report(tmp_path: Path) -> None:
    version, key = keep(tmp_path)
    write_segment(tmp_path / "log", day_of(version.name, DAY))
    source = tmp_path / "verdicts.jsonl"
    source.write_text(json.dumps(verdict(0, DAY, 1)) + "\n")
    pipeline = load_pipeline("watch_model")
    wanted = {"decisions": tmp_path / "log", "verdicts": source, "lake": tmp_path / "lake", "out": tmp_path / "watch",
              "versions": tmp_path / "versions", "public_key": key, "maturity_days": 1,
              "until": (DAY + timedelta(days=3)).isoformat()}  # fmt: skip
    parameters = read_parameters(pipeline, [f"{name}={value}" for name, value in wanted.items()])
    run = run_pipeline(pipeline, parameters, state=tmp_path / "state")
    assert run.metrics["ingest_labels"]["accepted"] == 1
    assert run.metrics["watch_decisions"] == {"days": 1, "decisions": 600, "alarms": 0}
    report = json.loads((tmp_path / "watch" / "report.json").read_text())
    assert report["versions"][version.name]["performance"]["observed"]["frauds"] == 1
