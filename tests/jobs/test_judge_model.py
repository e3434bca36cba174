import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pixguard.gate import EvidenceError, Outcome, RulesError
from pixguard.jobs import judge_model
from pixguard.provenance.files import file_sha256

from .proof import World, write_world


def judged(world: World, out: Path) -> judge_model.Verdict:
    return judge_model.run(
        scored=world.scored, model=world.model, training_rows=world.training_rows, rules=world.rules, out=out
    )


def test_a_verdict_is_written_with_page_and_plots(tmp_path: Path) -> None:
    world = write_world(tmp_path)
    rows = pq.read_table(world.scored)
    pq.write_table(rows.append_column("champion_score", rows["baseline_score"]), world.scored)
    verdict = judged(world, tmp_path / "out")
    assert verdict.passed, [check for check in verdict.checks if not check.passed]
    data = json.loads((tmp_path / "out" / "verdict.json").read_text())
    assert (data["passed"], data["outcome"]) == (True, "passed")
    assert data["model_sha256"] == file_sha256(world.model / "model.onnx")
    assert data["rules"]["resamples"]["value"] == 60
    assert {cohort["column"] for cohort in data["cohorts"]} == {"key_type", "amount_band", "night"}
    assert "**passed**" in (tmp_path / "out" / "verdict.md").read_text()
    plots = sorted(path.name for path in (tmp_path / "out" / "plots").iterdir())
    assert plots == ["calibration.png", "precision_recall.png", "value_by_budget.png"]


def test_a_rerun_writes_the_same_bytes(tmp_path: Path) -> None:
    world = write_world(tmp_path, rows=8_000)
    judged(world, tmp_path / "out")
    before = {path: path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()}
    judged(world, tmp_path / "out")
    assert {path: path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()} == before


def test_rows_that_were_trained_on_are_found(tmp_path: Path) -> None:
    world = write_world(tmp_path, rows=8_000)
    pq.write_table(pa.table({"end_to_end_id": [f"E{7:031d}", "other"]}), world.training_rows)
    verdict = judged(world, tmp_path / "out")
    overlap = next(check for check in verdict.checks if check.name == "train_overlap")
    assert (overlap.outcome, overlap.value) == (Outcome.FAILED, 1.0)


def test_the_exit_status_tells_a_verdict_from_an_error(tmp_path: Path) -> None:
    world = write_world(tmp_path, rows=8_000, skill=0.2)
    arguments = ["--scored", str(world.scored), "--model", str(world.model), "--out", str(tmp_path / "out")]
    arguments += ["--training-rows", str(world.training_rows), "--rules", str(world.rules)]
    assert judge_model.main(arguments) == 0
    assert json.loads((tmp_path / "out" / "verdict.json").read_text())["passed"] is False
    assert judge_model.main([*arguments, "--strict"]) == 2
    world.scored.unlink()
    assert judge_model.main(arguments) == 1


def test_broken_inputs_are_named(tmp_path: Path) -> None:
    world = write_world(tmp_path, rows=1_000)
    world.rules.write_text("- a list")
    with pytest.raises(RulesError, match=r"rules\.json: holds"):
        judged(world, tmp_path / "out")
    world.rules.write_text("{}")
    world.scored.write_bytes(world.scored.read_bytes()[:500])
    with pytest.raises(EvidenceError, match=r"scored\.parquet: .*written whole"):
        judged(world, tmp_path / "out")
    pq.write_table(pa.table({"other": [1]}), world.scored)
    with pytest.raises(EvidenceError, match="lack end_to_end_id"):
        judged(world, tmp_path / "out")
    pq.write_table(pa.table({"end_to_end_id": pa.array([], pa.string())}), world.scored)
    with pytest.raises(EvidenceError, match="no rows"):
        judged(world, tmp_path / "out")
    assert not (tmp_path / "out").exists()
