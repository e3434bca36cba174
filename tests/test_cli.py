import subprocess
import sys
from pathlib import Path

import pytest

from pixguard import cli
from pixguard.errors import PixguardError

PIPELINE = str(Path(__file__).parent / "steps" / "runs" / "count_lines.py")


def test_help_imports_nothing_heavy_so_that_it_answers_at_once() -> None:
    code = (
        "import sys\nfrom pixguard import cli\n"
        "try: cli.main(['--help'])\nexcept SystemExit: pass\n"
        "heavy = {'kfp', 'numpy', 'pandas', 'pyarrow', 'pyspark', 'torch', 'mlflow', 'feast', 'rich', 'yaml'}\n"
        "assert not heavy & sys.modules.keys(), heavy & sys.modules.keys()"
    )
    said = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    for command in ("simulate", "run", "submit", "compile"):
        assert f"\n    {command} " in said


def test_an_error_of_our_own_is_one_line_and_status_1(capsys: pytest.CaptureFixture[str]) -> None:
    command = ["submit", PIPELINE, "--host", "kfp.example.com", "--param", "path=/x"]
    assert cli.main(command) == 1
    said = capsys.readouterr()
    assert said.err == "pixguard: 'kfp.example.com' is not an address; give it whole, such as https://kfp.example.com\n"
    assert said.out == ""


def test_a_call_without_meaning_is_one_line_and_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["run", PIPELINE, "--param", "speed=9"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_debug_shows_the_way_to_the_error() -> None:
    with pytest.raises(PixguardError, match="takes no parameter 'speed'"):
        cli.main(["--debug", "run", PIPELINE, "--param", "speed=9"])


def test_an_unknown_command_ends_with_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["fly"])
    assert ended.value.code == 2
    assert "invalid choice: 'fly'" in capsys.readouterr().err


def test_a_job_reads_the_rest_of_its_line_itself(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["simulate", "--help"])
    assert ended.value.code == 0
    assert "--seed" in capsys.readouterr().out


def test_run_prints_the_numbers_of_the_steps(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = tmp_path / "lines.txt"
    lines.write_text("a\nb\n")
    assert cli.main(["run", PIPELINE, "--param", f"path={lines}", "--state", str(tmp_path / "state")]) == 0
    said = capsys.readouterr().out
    assert "count: lines 2\n" in said
    assert said.splitlines()[-1].startswith("count-lines succeeded in ")


def test_a_failed_run_ends_with_the_cause_and_status_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = tmp_path / "missing.txt"
    assert cli.main(["run", PIPELINE, "--param", f"path={missing}", "--state", str(tmp_path / "state")]) == 1
    said = capsys.readouterr()
    assert said.err.splitlines()[-1] == f"FileNotFoundError: [Errno 2] No such file or directory: '{missing}'"
    assert "Traceback" not in said.out + said.err
