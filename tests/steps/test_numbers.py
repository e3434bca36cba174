import json
from pathlib import Path

from kfp import dsl

from pixguard.steps.numbers import log_numbers


def test_numbers_become_metrics_and_a_file(tmp_path: Path) -> None:
    artifact = dsl.Metrics(uri=str(tmp_path / "numbers"))
    log_numbers(artifact, rows=3, share=0.5)
    assert artifact.metadata == {"rows": 3, "share": 0.5}
    assert json.loads((tmp_path / "numbers").read_text()) == {"rows": 3, "share": 0.5}
