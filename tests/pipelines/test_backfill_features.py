"""The graph of backfill_features as a KFP server gets it."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

from pixguard.steps.runs.compile import compile_pipeline
from pixguard.steps.runs.definition import load_pipeline

ORDER = ("validate-payments", "build-features", "validate-features", "backfill-state")


def test_state_is_loaded_after_the_gates_and_nothing_is_cached(tmp_path: Path) -> None:
    path = compile_pipeline(load_pipeline("backfill_features"), tmp_path)
    specification: dict[str, Any] = next(yaml.safe_load_all(path.read_text()))
    steps = specification["components"]["comp-exit-handler-1"]["dag"]["tasks"]
    assert set(steps) == set(ORDER)
    for before, step in pairwise(ORDER):
        assert before in steps[step]["dependentTasks"]
    assert not [name for name, task in steps.items() if task.get("cachingOptions", {}).get("enableCache")]
    assert "record-outcome" in specification["root"]["dag"]["tasks"]
