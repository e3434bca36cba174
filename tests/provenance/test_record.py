import subprocess
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from pixguard.provenance import IncompleteVersionError, Provenance, collect, folder_sha256
from pixguard.provenance.record import git_state


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.invalid", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", "-C", folder, *identity, *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_commit_and_dirty_flag(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / "a.py").write_text("1")
    git(tmp_path, "add", "a.py")
    git(tmp_path, "commit", "-qm", "Add a")
    assert git_state(tmp_path) == (git(tmp_path, "rev-parse", "HEAD"), False)
    (tmp_path / "a.py").write_text("2")
    assert git_state(tmp_path)[1] is True


def test_outside_a_checkout_the_commit_is_unknown_but_the_code_is_not(tmp_path: Path) -> None:
    record = collect(version="v1", data_snapshot_sha256="ab", seed=1, code=tmp_path)
    assert (record.code_commit, record.code_dirty) == (None, None)
    assert len(record.code_sha256) == 64


def test_a_record_comes_back_and_times_are_utc(tmp_path: Path) -> None:
    (tmp_path / "lock").write_text("numpy==2")
    at = datetime(2025, 6, 1, 22, 30, tzinfo=timezone(timedelta(hours=-3)))
    record = collect(version="v1", data_snapshot_sha256="ab", seed=1, lock=tmp_path / "lock", kept_at=at)
    assert record.kept_at == "2025-06-02T01:30:00+00:00"
    assert Provenance.from_json(record.to_json()) == record
    with pytest.raises(IncompleteVersionError, match=r"\['seed'\]"):
        Provenance.from_json({name: value for name, value in record.to_json().items() if name != "seed"})


def test_a_snapshot_digest_sees_names_and_contents_and_nothing_else(tmp_path: Path) -> None:
    for name, content in (("a", "12"), ("b", "3")):
        (tmp_path / "one" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "one" / name).write_text(content)
    digest = folder_sha256(tmp_path / "one")
    (tmp_path / "one").rename(tmp_path / "two")
    assert folder_sha256(tmp_path / "two") == digest
    (tmp_path / "two" / "a").write_text("1")
    assert folder_sha256(tmp_path / "two") != digest
    (tmp_path / "two" / "a").write_text("12")
    (tmp_path / "two" / "a").rename(tmp_path / "two" / "c")
    assert folder_sha256(tmp_path / "two") != digest
    with pytest.raises(IncompleteVersionError, match=r"no file matches \*\.parquet"):
        folder_sha256(tmp_path / "two", "*.parquet")
