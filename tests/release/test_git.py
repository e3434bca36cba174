"""Commits by objects alone, pushed as compare-and-swap."""

import subprocess
from pathlib import Path

import pytest

from pixguard.release.errors import GitError, MovedError
from pixguard.release.git import Branch

from .repository import OVERLAY, by_hand, git, make_repository, path_of

PATH = path_of("laptop")


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    return make_repository(tmp_path)


def test_a_commit_changes_its_file_alone_and_says_who(bare: Path, tmp_path: Path) -> None:
    with Branch(str(bare)) as ours:
        head = ours.fetch()
        assert ours.read(head, PATH) == OVERLAY
        commit = ours.commit(head, {PATH: "é\n"}, "why\n\nbecause\n", "Ana Souza")
        assert git(bare, "rev-parse", "main") == head, "nobody sees a commit before it is pushed"
        ours.push(commit, head)
    assert git(bare, "rev-parse", "main") == commit
    assert git(bare, "diff", "--name-only", head, commit) == PATH
    assert git(bare, "log", "-1", "--format=%an <%ae> %cn|%s|%b", commit) == (
        "Ana Souza <Ana-Souza@pixguard.invalid> Ana Souza|why|because"
    )


def test_the_second_of_two_writers_is_told_and_nothing_is_forced(bare: Path, tmp_path: Path) -> None:
    with Branch(str(bare)) as ours:
        head = ours.fetch()
        commit = ours.commit(head, {PATH: "ours\n"}, "ours", "us")
        theirs = by_hand(bare, tmp_path / "clone", PATH, "theirs\n", "theirs")
        with pytest.raises(MovedError, match=f"moved to {theirs[:12]}"):
            ours.push(commit, head)
        assert git(bare, "rev-parse", "main") == theirs
        assert ours.read(ours.fetch(), PATH) == "theirs\n"


def test_a_branch_that_was_rewritten_is_taken_as_the_remote_has_it(bare: Path, tmp_path: Path) -> None:
    with Branch(str(bare)) as ours:
        first = ours.fetch()
        ours.push(ours.commit(first, {PATH: "lost\n"}, "lost", "us"), first)
        git(bare, "update-ref", "refs/heads/main", first)
        assert ours.fetch() == first


def test_a_push_whose_answer_was_lost_is_seen_to_have_succeeded(
    bare: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Branch(str(bare)) as ours:
        head = ours.fetch()
        commit = ours.commit(head, {PATH: "ours\n"}, "ours", "us")
        real = subprocess.run

        def cut(command: list[str], **options: object) -> object:
            done = real(command, **options)  # type: ignore[call-overload]
            if "push" in command:
                done.returncode = 128
            return done

        monkeypatch.setattr("pixguard.release.git.subprocess.run", cut)
        ours.push(commit, head)
    assert git(bare, "rev-parse", "main") == commit


def test_what_the_remote_refuses_is_said_without_credentials(bare: Path, tmp_path: Path) -> None:
    hook = bare / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho only reviewers may push >&2\nexit 1\n")
    hook.chmod(0o755)
    with Branch(str(bare)) as ours:
        head = ours.fetch()
        with pytest.raises(GitError, match="only reviewers may push"):
            ours.push(ours.commit(head, {PATH: "ours\n"}, "ours", "us"), head)
    secret = Branch("https://ana:s3cret@127.0.0.1:9/x.git", timeout_s=20)
    with secret as theirs, pytest.raises(GitError) as caught:
        theirs.fetch()
    assert "s3cret" not in str(caught.value)
    assert "127.0.0.1:9/x.git" in str(caught.value)


def test_a_missing_branch_file_or_git_is_a_clear_error(
    bare: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Branch(str(bare)) as ours:
        head = ours.fetch()
        with pytest.raises(GitError, match="no-such-file"):
            ours.read(head, "no-such-file")
        with Branch(str(bare), "nowhere") as other, pytest.raises(GitError, match="nowhere"):
            other.fetch()
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(GitError, match="install it"):
            ours.fetch()


def test_git_that_hangs_is_ended(bare: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = tmp_path / "bin"
    fake.mkdir()
    (fake / "git").write_text("#!/bin/sh\nexec sleep 60\n")
    (fake / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{fake}:/usr/bin:/bin")
    with pytest.raises(GitError, match=r"more than 0\.3 s"), Branch(str(bare), timeout_s=0.3):
        pass


def test_the_log_tells_who_when_and_why(bare: Path, tmp_path: Path) -> None:
    by_hand(bare, tmp_path / "clone", PATH, "theirs\n", "theirs\n\nbody\n\nX: y")
    with Branch(str(bare)) as ours:
        entries = list(ours.log(ours.fetch(), PATH))
    assert [(each.author, each.message) for each in entries] == [("Ana", "theirs\n\nbody\n\nX: y"), ("Ana", "seed")]
