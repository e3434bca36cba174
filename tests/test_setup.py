"""The set-up refuses a machine that cannot run pixguard at once, with the one line that mends it."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TOOLS = ("bash", "dirname", "sed", "head", "env", "git")


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A folder to be the whole PATH: the shell's tools, a sound Python and a sound Java."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found is not None, tool
        (folder / tool).symlink_to(found)
    put(folder, "python3", 'case "$1" in --version) echo "Python 3.12.1";; esac')
    put(folder, "java", """echo 'openjdk version "21.0.2" 2024-01-16' >&2""")
    return folder


def put(folder: Path, name: str, body: str) -> None:
    program = folder / name
    program.unlink(missing_ok=True)
    program.write_text(f"#!{shutil.which('bash')}\n{body}\n")
    program.chmod(0o755)


def set_up(machine: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": str(machine), "HOME": str(machine), "VENV": str(machine.parent / "venv"), **variables}
    return subprocess.run(
        [ROOT / ".ci" / "setup"], env=environment, capture_output=True, text=True, timeout=30, check=False
    )


def refusal(result: subprocess.CompletedProcess[str], machine: Path) -> str:
    """The one line a refused set-up says; it must have touched nothing."""
    assert result.returncode == 1
    assert result.stdout == ""
    assert not (machine.parent / "venv").exists()
    (line,) = result.stderr.splitlines()
    return line


def test_old_python_is_refused_with_the_line_that_mends_it(machine: Path) -> None:
    put(machine, "python3", 'case "$1" in --version) echo "Python 3.9.2";; *) exit 1;; esac')
    line = refusal(set_up(machine), machine)
    assert line.startswith("set-up: Python 3.9.2 is too old; install Python 3.11 or newer")
    assert "make PYTHON=" in line


def test_missing_python_is_refused(machine: Path) -> None:
    (machine / "python3").unlink()
    assert "no python3 on the PATH; install Python 3.11" in refusal(set_up(machine), machine)


def test_the_python_named_by_the_user_is_the_one_checked(machine: Path) -> None:
    assert "no python3.99 on the PATH" in refusal(set_up(machine, PYTHON="python3.99"), machine)


def test_python_without_venv_is_refused(machine: Path) -> None:
    put(machine, "python3", 'case "$2" in *ensurepip*) exit 1;; esac')
    assert "sudo apt-get install python3-venv" in refusal(set_up(machine), machine)


def test_missing_java_is_refused(machine: Path) -> None:
    (machine / "java").unlink()
    line = refusal(set_up(machine), machine)
    assert line.startswith("set-up: no Java found")
    assert "sudo apt-get install openjdk-17-jre-headless" in line


@pytest.mark.parametrize(
    ("says", "major"),
    [('openjdk version "11.0.22" 2024-01-16', "11"), ('java version "1.8.0_392"', "1"), ("not a Java", "unknown")],
)
def test_old_java_is_refused(machine: Path, says: str, major: str) -> None:
    put(machine, "java", f"echo '{says}' >&2")
    assert f"is Java {major}, too old for Spark; install Java 17" in refusal(set_up(machine), machine)


def test_java_home_goes_before_the_path_as_it_does_for_spark(machine: Path) -> None:
    line = refusal(set_up(machine, JAVA_HOME=os.devnull), machine)
    assert f"no Java found ({os.devnull}/bin/java)" in line


def test_missing_git_is_refused(machine: Path) -> None:
    (machine / "git").unlink()
    assert "sudo apt-get install git" in refusal(set_up(machine), machine)


def test_make_help_describes_every_target() -> None:
    said = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    targets = [
        line.split(":")[0]
        for line in (ROOT / "Makefile").read_text().splitlines()
        if line[:1].isalpha()
        and ":" in line
        and ":=" not in line
        and "?=" not in line
        and not line.startswith("export")
    ]
    assert len(targets) >= 10
    for target in targets:
        assert f"make {target} " in said
