import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pixguard.provenance import IncompleteVersionError, TrainingFacts

from .parts import FACTS


def test_facts_come_back(tmp_path: Path) -> None:
    (tmp_path / "training.json").write_text(json.dumps(FACTS.to_json()))
    assert TrainingFacts.load(tmp_path) == FACTS
    assert FACTS.trained_until == datetime(2025, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"title": "x"}, "missing"),
        (FACTS.to_json() | {"colour": 1}, r"training\.json: unknown fields \['colour'\]"),
        (FACTS.to_json() | {"training_until": "yesterday"}, "no ISO 8601 time"),
        (FACTS.to_json() | {"training_until": "2025-03-01T00:00:00"}, "has no zone"),
    ],
)
def test_a_broken_file_is_named(tmp_path: Path, data: dict[str, object], message: str) -> None:
    (tmp_path / "training.json").write_text(json.dumps(data))
    with pytest.raises(IncompleteVersionError, match=message):
        TrainingFacts.load(tmp_path)


def test_the_zone_may_be_any(tmp_path: Path) -> None:
    local = replace(FACTS, training_until="2025-02-28T21:00:00-03:00")
    assert local.trained_until == FACTS.trained_until
