"""The bare Git repository that says what serves: read by the plane at any commit, written once, when it is made."""

from __future__ import annotations

import io
import os
import subprocess
import tarfile
import tempfile
from pathlib import Path

from pixguard.errors import UsageError
from pixguard.laptop.plane.errors import PlaneError

BRANCH = "refs/heads/main"
TREES = ("manifests", "kustomize")
# Nothing of the user's own configuration: no hooks, no signing, no line feed conversion decide what is seeded.
_NEUTRAL = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
_AUTHOR = {
    "GIT_AUTHOR_NAME": "pixguard up",
    "GIT_AUTHOR_EMAIL": "up@laptop.invalid",
    "GIT_COMMITTER_NAME": "pixguard up",
    "GIT_COMMITTER_EMAIL": "up@laptop.invalid",
}


def create(repository: Path, source: Path) -> None:
    """Make the repository with the checkout's manifests and overlays as its first commit; one that exists stays."""
    missing = [name for name in TREES if not (source / name).is_dir()]
    if missing and not head(repository):
        raise UsageError(f"{source} has no {' and no '.join(missing)}: run in the checkout, or name it with --source")
    if not (repository / "HEAD").exists():
        _git(repository, "init", "--quiet", "--bare", "--initial-branch=main", str(repository))
    if head(repository) is None:
        with tempfile.TemporaryDirectory() as scratch:
            index = {"GIT_INDEX_FILE": f"{scratch}/index", "GIT_WORK_TREE": str(source.absolute())}
            _git(repository, "add", "--", *TREES, env=index)
            tree = _git(repository, "write-tree", env=index)
        commit = _git(repository, "commit-tree", "-m", "Manifests and overlays of the checkout", tree, env=_AUTHOR)
        _git(repository, "update-ref", BRANCH, commit, "0" * 40)  # refuses where another seed was first


def head(repository: Path) -> str | None:
    """Return the commit that main points at, or None where there is none yet."""
    loose = repository / BRANCH
    try:
        return loose.read_text(encoding="ascii").strip()
    except FileNotFoundError:  # packed away, or no commit yet
        return _git(repository, "rev-parse", "--verify", "--quiet", BRANCH, missing_ok=True) or None


def export(repository: Path, commit: str, target: Path) -> None:
    """Write manifests and overlays of a commit below `target`."""
    done = _run(repository, "archive", "--format=tar", commit, "--", *TREES)
    if done.returncode:
        raise PlaneError(f"{repository} at {commit[:12]}: {done.stderr.decode(errors='replace').strip()}")
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        archive.extractall(target, filter="data")


def _git(
    repository: Path,
    *arguments: str,
    env: dict[str, str] | None = None,
    missing_ok: bool = False,
) -> str:
    done = _run(repository, *arguments, env=env)
    if done.returncode and not missing_ok:
        raise PlaneError(f"git {arguments[0]} in {repository}: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout.decode().strip()


def _run(repository: Path, *arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[bytes]:
    ours = {"PATH": os.environ.get("PATH", os.defpath), "GIT_DIR": str(repository), **_NEUTRAL, **(env or {})}
    return subprocess.run(["git", *arguments], env=ours, capture_output=True, check=False)  # noqa: S603, S607
