import re
from pathlib import Path
from typing import Any

import pytest

from pixguard.steps.runs.definition import load_pipeline, pipeline_names, read_parameters
from pixguard.steps.runs.errors import PipelineNotFoundError, PipelineParameterError


def test_parameters_take_the_types_that_the_pipeline_declares(count_lines: Any) -> None:
    read = read_parameters(count_lines, ["path=/x=y", "at_least=3", "retries=False"])
    assert read == {"path": "/x=y", "at_least": 3, "retries": False}
    assert type(read["at_least"]) is int


@pytest.mark.parametrize(
    ("pairs", "said"),
    [
        ([], "count-lines needs path; add --param path=…"),
        (["path"], "'path' is not of the form name=value"),
        (["path=x", "speed=9"], "takes no parameter 'speed'; it takes path, at_least, fail_times, retries"),
        (["path=x", "at_least=many"], "at_least='many' is not of type Integer"),
        (["path=x", "at_least=true"], "at_least='true' is not of type Integer"),
        (["path=x", "at_least=1.5"], "at_least='1.5' is not of type Integer"),
        (["path=x", "retries=1"], "retries='1' is not of type Boolean"),
    ],
)
def test_wrong_parameters_are_named(count_lines: Any, pairs: list[str], said: str) -> None:
    with pytest.raises(PipelineParameterError, match=re.escape(said)):
        read_parameters(count_lines, pairs)


def test_an_unknown_pipeline_is_answered_with_the_known_ones() -> None:
    with pytest.raises(PipelineNotFoundError, match=r"no pipeline 'train_modle'; known: .*train_model"):
        load_pipeline("train_modle")


def test_pipelines_are_found_below_the_working_directory_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "pipelines"
    folder.mkdir()
    (folder / "mine.py").write_text(
        (Path(__file__).with_name("count_lines.py")).read_text().replace("count_lines", "mine")
    )
    monkeypatch.chdir(tmp_path)
    assert "mine" in pipeline_names()
    assert load_pipeline("mine").name == "count-lines"


def test_a_file_without_its_pipeline_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "empty.py"
    path.write_text("x = 1\n")
    with pytest.raises(PipelineNotFoundError, match="defines no KFP pipeline named empty"):
        load_pipeline(str(path))
