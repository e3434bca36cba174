import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pixguard import lake as lakes
from pixguard.jobs import record_outcome


def record(lake: Path, **changes: str) -> Path:
    words = {"run": "r-1", "pipeline": "train_model", "state": "FAILED", "message": "judge_model failed"} | changes
    return record_outcome.run(lake=lake, **words)


def test_the_record_says_how_the_run_ended_and_on_which_data(tmp_path: Path) -> None:
    path = record(tmp_path)
    kept = json.loads(path.read_text())
    assert path == tmp_path / "runs" / "r-1.json"
    ended_at = datetime.fromisoformat(kept.pop("ended_at"))
    assert ended_at.tzinfo == UTC
    assert kept == {
        "run": "r-1",
        "pipeline": "train_model",
        "state": "FAILED",
        "message": "judge_model failed",
        "snapshot": lakes.snapshot(tmp_path)["snapshot"],
    }


def test_the_same_run_replaces_its_record_and_leaves_nothing_else(tmp_path: Path) -> None:
    record(tmp_path)
    path = record(tmp_path, state="SUCCEEDED", message="")
    assert json.loads(path.read_text())["state"] == "SUCCEEDED"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("run", ["", "../x", "a/b", ".hidden", "x" * 129, "{{$.pipeline_job_uuid}}"])
def test_a_run_whose_name_is_no_file_name_is_refused(tmp_path: Path, run: str) -> None:
    with pytest.raises(record_outcome.OutcomeError, match="is not a run's name"):
        record(tmp_path, run=run)
    assert not (tmp_path / "runs").exists()


def test_an_unknown_state_is_refused(tmp_path: Path) -> None:
    with pytest.raises(record_outcome.OutcomeError, match="'DONE' is not how a run ends; wanted one of SUCCEEDED"):
        record(tmp_path, state="DONE")


def test_a_lake_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    lake = tmp_path / "file"
    lake.write_text("")
    with pytest.raises(lakes.LakeError, match="Not a directory; the run ended FAILED and this is not recorded"):
        record(lake)


def test_the_command_line_records_and_refuses(tmp_path: Path) -> None:
    words = ["--lake", str(tmp_path), "--pipeline", "train_model", "--state", "SUCCEEDED", "--run"]
    assert record_outcome.main([*words, "r-2"]) == 0
    assert (tmp_path / "runs" / "r-2.json").is_file()
    assert record_outcome.main([*words, "../r"]) == 1
