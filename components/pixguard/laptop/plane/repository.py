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
        _commit(repository, tree, None, "Manifests and overlays of the checkout\n\nPixguard-Action: seed")


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


def read_file(repository: Path, commit: str, path: str) -> str:
    """Return a file's text at a commit."""
    return _git(repository, "show", f"{commit}:{path}", strip=False)


def seed_file(repository: Path, parent: str, path: str, text: str, message: str) -> str:
    """Commit one file on top of `parent`; PlaneError where main moved meanwhile. Return the commit."""
    with tempfile.TemporaryDirectory() as scratch:
        index = {"GIT_INDEX_FILE": f"{scratch}/index"}
        blob = _git(repository, "hash-object", "-w", "--stdin", stdin=text.encode())
        _git(repository, "read-tree", parent, env=index)
        _git(repository, "update-index", "--cacheinfo", f"100644,{blob},{path}", env=index)
        tree = _git(repository, "write-tree", env=index)
    return _commit(repository, tree, parent, message)


def _commit(repository: Path, tree: str, parent: str | None, message: str) -> str:
    above = ["-p", parent] if parent else []
    commit = _git(repository, "commit-tree", *above, "-m", message, tree, env=_AUTHOR)
    _git(repository, "update-ref", BRANCH, commit, parent or "0" * 40)
    return commit


def _git(
    repository: Path,
    *arguments: str,
    env: dict[str, str] | None = None,
    stdin: bytes | None = None,
    missing_ok: bool = False,
    strip: bool = True,
) -> str:
    done = _run(repository, *arguments, env=env, stdin=stdin)
    if done.returncode and not missing_ok:
        raise PlaneError(f"git {arguments[0]} in {repository}: {done.stderr.decode(errors='replace').strip()}")
    text = done.stdout.decode()
    return text.strip() if strip else text


def _run(
    repository: Path, *arguments: str, env: dict[str, str] | None = None, stdin: bytes | None = None
) -> subprocess.CompletedProcess[bytes]:
    ours = {"PATH": os.environ.get("PATH", os.defpath), "GIT_DIR": str(repository), **_NEUTRAL, **(env or {})}
    return subprocess.run(["git", *arguments], env=ours, input=stdin, capture_output=True, check=False)  # noqa: S603, S607
