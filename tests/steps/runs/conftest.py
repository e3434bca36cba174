"""The small real pipeline of these tests, and a file for it."""

from pathlib import Path
from typing import Any

import pytest

from pixguard.steps.runs import definition


@pytest.fixture
def count_lines() -> Any:
    return definition.load_pipeline(str(Path(__file__).with_name("count_lines.py")))


@pytest.fixture
def three_lines(tmp_path: Path) -> Path:
    path = tmp_path / "lines.txt"
    path.write_text("a\nb\nc\n")
    return path
