"""Real git repositories, and stand-ins for programs that need an account: each writes down how it was called."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FAKE = """#!{python}
import json, sys
from pathlib import Path
here = Path({folder!r})
stdin = sys.stdin.read() if "--input" in sys.argv or "--password-stdin" in sys.argv else ""
with (here / "calls").open("a") as calls:
    calls.write(json.dumps({{"program": {name!r}, "arguments": sys.argv[1:], "stdin": stdin}}) + "\\n")
def answer(arguments, stdin):
{body}
sys.exit(answer(sys.argv[1:], stdin))
"""


class Fakes:
    """A folder at the front of the PATH; `put` makes a program of it whose body is Python."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, name: str, body: str = "return 0") -> None:
        program = self.folder / name
        lines = "\n".join(f"    {line}" for line in body.splitlines())
        program.write_text(FAKE.format(python=sys.executable, folder=str(self.folder), name=name, body=lines))
        program.chmod(0o755)

    def calls(self, name: str) -> list[list[str]]:
        return [call["arguments"] for call in self.said() if call["program"] == name]

    def said(self) -> list[dict[str, object]]:
        file = self.folder / "calls"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


@pytest.fixture
def fakes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fakes:
    folder = tmp_path / "fakes"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return Fakes(folder)


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the machine's own git, and none of a workflow that may run these tests."""
    settings = tmp_path / "gitconfig"
    settings.write_text("[user]\nname = Ana\nemail = ana@example.com\n[init]\ndefaultBranch = main\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GH_TOKEN"):
        monkeypatch.delenv(name, raising=False)


Git = Callable[..., str]


@pytest.fixture
def git() -> Git:
    def run(where: Path, *arguments: str) -> str:
        done = subprocess.run(["git", *arguments], cwd=where, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    return run


@pytest.fixture
def repository(tmp_path: Path, git: Git) -> Path:
    """A clone of an empty bare origin, on main, with one commit."""
    origin, clone = tmp_path / "origin.git", tmp_path / "clone"
    git(tmp_path, "init", "--quiet", "--bare", str(origin))
    git(tmp_path, "clone", "--quiet", str(origin), str(clone))
    commit(git, clone, {"README.md": "one\n"}, "first")
    git(clone, "push", "--quiet", "origin", "main")
    return clone


def commit(git: Git, where: Path, files: dict[str, str], message: str) -> str:
    """Write files, commit them, and return the commit."""
    for name, text in files.items():
        path = where / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    git(where, "add", "--all")
    git(where, "commit", "--quiet", "--message", message)
    return git(where, "rev-parse", "HEAD")
