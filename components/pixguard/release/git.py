"""A branch of a Git repository, read and written as compare-and-swap, never by force.

Commits are made of objects alone, in a bare mirror: there is no working tree, so there is no half-edited file at any
moment. A push that is not a fast-forward is refused by Git; that refusal is the swap that failed.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from pixguard.release.errors import GitError, MovedError

_CREDENTIALS = re.compile(r"(?<=://)[^/@\s]+@")
# What a hook or a test around us may have set, and what would lead Git to another repository.
_FOREIGN = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR", "GIT_NAMESPACE")


@dataclass(frozen=True)
class Logged:
    """A commit as the log tells it."""

    commit: str
    author: str
    time: str  # committed at, ISO 8601
    message: str


class Branch:
    """One branch of `remote`; the mirror is a temporary folder that goes with the block."""

    def __init__(self, remote: str, name: str = "main", timeout_s: float = 60) -> None:
        self.remote, self.name, self.timeout_s = remote, name, timeout_s
        self.shown = _CREDENTIALS.sub("", remote)

    def __enter__(self) -> Self:
        """Make the mirror; nothing is fetched yet."""
        self._folder = tempfile.TemporaryDirectory(prefix="pixguard-release-")
        self.mirror = Path(self._folder.name)
        try:
            self._git("init", "--quiet", "--bare", str(self.mirror))
        except GitError:
            self._folder.cleanup()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove the mirror."""
        self._folder.cleanup()

    def fetch(self) -> str:
        """Return the commit at the head of the remote's branch, with its history here; what the remote says is true."""
        ours = f"refs/remotes/origin/{self.name}"
        self._git("fetch", "--quiet", "--no-tags", self.remote, f"+refs/heads/{self.name}:{ours}")
        return self._git("rev-parse", "--verify", f"{ours}^{{commit}}").strip()

    def read(self, commit: str, path: str) -> str:
        """Return a file's text as of a commit."""
        return self._git("cat-file", "blob", f"{commit}:{path}")

    def commit(self, parent: str, files: Mapping[str, str], message: str, author: str) -> str:
        """Return a new commit on `parent` in which `files` have these texts; nobody sees it before it is pushed."""
        index = {"GIT_INDEX_FILE": str(self.mirror / f"index-{os.getpid()}")}
        self._git("read-tree", parent, environment=index)
        for path, text in files.items():
            blob = self._git("hash-object", "-w", "--stdin", text=text).strip()
            self._git("update-index", "--add", "--cacheinfo", f"100644,{blob},{path}", environment=index)
        tree = self._git("write-tree", environment=index).strip()
        address = f"{re.sub('[^A-Za-z0-9.-]+', '-', author).strip('-') or 'pixguard'}@pixguard.invalid"
        who = {f"GIT_{role}_{what}": value for role in ("AUTHOR", "COMMITTER")
               for what, value in (("NAME", author), ("EMAIL", address))}  # fmt: skip
        return self._git("commit-tree", tree, "-p", parent, "-F", "-", text=message, environment=who).strip()

    def push(self, commit: str, parent: str) -> None:
        """Make `commit` the head if `parent` still is; MovedError if it is not, GitError if the remote refuses.

        A connection that broke in the middle is asked about: what counts is where the head then is.
        """
        try:
            self._git("push", "--quiet", self.remote, f"{commit}:refs/heads/{self.name}")
        except GitError as error:
            head = self.fetch()
            if head == commit:
                return
            if head != parent:
                raise MovedError(f"{self.shown} {self.name} moved to {head[:12]} meanwhile; read it again") from error
            raise

    def push_new(self, commit: str, name: str) -> str:
        """Make a branch `name` at `commit`, or leave the one of that name as it is; return where it stands."""
        found = self._git("ls-remote", "--heads", self.remote, f"refs/heads/{name}").split()
        if not found:
            self._git("push", "--quiet", self.remote, f"{commit}:refs/heads/{name}")
        return found[0] if found else commit

    def log(self, commit: str, path: str, limit: int = 0, *, mainline: bool = False) -> Iterator[Logged]:
        """Yield the commits that changed `path`, newest first, those of merged branches among them.

        `mainline`: those with which the branch itself changed; of a merged branch, the merge alone.
        """
        limits = [f"--max-count={limit}"] if limit else []
        yield from self._log(commit, path, *limits, *(["--first-parent"] if mainline else []))

    def last(self, commit: str, path: str) -> Logged:
        """Return the commit with which the branch got the present `path`: of a merged change, the merge."""
        found = next(self._log(commit, path, "--first-parent", "--max-count=1"), None)
        if found is None:
            raise GitError(f"{path} is not in {self.shown} ({self.name})")
        return found

    def _log(self, commit: str, path: str, *limits: str) -> Iterator[Logged]:
        text = self._git("log", "--format=%H%x00%an%x00%cI%x00%B%x00", *limits, commit, "--", path)
        fields = text.split("\0")
        for i in range(0, len(fields) - 4, 4):
            yield Logged(fields[i].strip(), fields[i + 1], fields[i + 2], fields[i + 3].strip())

    def _git(self, *arguments: str, text: str = "", environment: Mapping[str, str] | None = None) -> str:
        inherited = {name: value for name, value in os.environ.items() if name not in _FOREIGN}
        place = {"GIT_DIR": str(self.mirror), "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
        verb = arguments[0]
        try:
            done = subprocess.run(  # noqa: S603
                ["git", "-c", "core.hooksPath=/dev/null", "-c", "gc.auto=0", *arguments],  # noqa: S607
                input=text.encode(), capture_output=True, timeout=self.timeout_s, check=False,
                env=inherited | place | dict(environment or {}),
            )  # fmt: skip
        except FileNotFoundError as error:
            raise GitError("there is no git here: install it") from error
        except subprocess.TimeoutExpired as error:
            raise GitError(
                f"git {verb} on {self.shown} took more than {self.timeout_s:g} s; nothing changed"
            ) from error
        if done.returncode:
            said = " ".join(_CREDENTIALS.sub("", done.stderr.decode(errors="replace")).split())
            raise GitError(f"git {verb} on {self.shown} ({self.name}): {said or f'exit {done.returncode}'}")
        return done.stdout.decode()
