import errno
import json
import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pixguard.lake import LakeError, commit, digest_of, file_digest, files, rows_in, snapshot, writing


def add(lake: Path, name: str, values: list[int], rejects: list[int] | None = None) -> str:
    """Commit one file of the given values, and rejects of the input "in"."""
    with writing(lake) as staging:
        (staging / "in").mkdir()
        pq.write_table(pa.table({"row": rejects or []}), staging / "in" / "payments.parquet")
        added = {}
        if values:
            pq.write_table(pa.table({"x": values}), staging / "new.parquet")
            added[name] = staging / "new.parquet"
        return commit(lake, added, staging / "in", {"accepted": len(values)})


def state(lake: Path) -> dict[str, object]:
    """Every file of the accepted data and the rejects, by its place and inode."""
    found = [path for part in ("payments", "labels", "rejects") for path in (lake / part).glob("*/*")]
    return {str(path.relative_to(lake)): (path.stat().st_ino, path.read_bytes()) for path in found}


def test_a_new_lake_is_empty(tmp_path: Path) -> None:
    assert snapshot(tmp_path) == {"snapshot": digest_of({}), "files": {}}
    assert files(tmp_path, "payments") == []


def test_a_commit_adds_files_and_a_snapshot_of_their_content(tmp_path: Path) -> None:
    first = add(tmp_path, "payments/event_date=2026-01-01/part-a.parquet", [1, 2])
    second = add(tmp_path, "payments/event_date=2026-01-01/part-b.parquet", [3], rejects=[7])
    paths = files(tmp_path, "payments")
    assert [rows_in(path) for path in paths] == [2, 1]
    assert snapshot(tmp_path)["snapshot"] == second != first
    assert snapshot(tmp_path)["files"] == {str(path.relative_to(tmp_path)): file_digest(path) for path in paths}
    assert json.loads((tmp_path / "rejects/in/counts.json").read_text()) == {"accepted": 1}
    assert pq.read_table(tmp_path / "rejects/in/payments.parquet")["row"].to_pylist() == [7]


def test_the_snapshot_depends_on_content_alone(tmp_path: Path) -> None:
    one = add(tmp_path / "a", "payments/event_date=2026-01-01/part-a.parquet", [1])
    assert one == add(tmp_path / "b", "payments/event_date=2026-01-02/part-z.parquet", [1])
    assert one != add(tmp_path / "c", "payments/event_date=2026-01-01/part-a.parquet", [2])


def test_a_commit_of_nothing_new_changes_nothing(tmp_path: Path) -> None:
    add(tmp_path, "payments/event_date=2026-01-01/part-a.parquet", [1], rejects=[5])
    before = state(tmp_path)
    add(tmp_path, "-", [], rejects=[5])
    assert state(tmp_path) == before
    add(tmp_path, "-", [], rejects=[6])
    assert state(tmp_path) != before


def test_a_listing_of_the_old_version_is_good_in_the_new_one(tmp_path: Path) -> None:
    add(tmp_path, "payments/event_date=2026-01-01/part-a.parquet", [1])
    listed = files(tmp_path, "payments")
    for n in range(3):
        add(tmp_path, f"payments/event_date=2026-01-01/part-b{n}.parquet", [n])
    assert [pq.read_table(path)["x"].to_pylist() for path in listed] == [[1]]
    assert len(list((tmp_path / ".versions").iterdir())) == 1


def fill_the_disk(lake: Path) -> None:
    with writing(lake) as staging:
        (staging / "half.parquet").write_bytes(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_failure_before_the_commit_leaves_no_trace(tmp_path: Path) -> None:
    add(tmp_path, "payments/event_date=2026-01-01/part-a.parquet", [1])
    before = state(tmp_path)
    with pytest.raises(LakeError, match=r"cannot be written \(No space left on device\); it is as it was"):
        fill_the_disk(tmp_path)
    assert state(tmp_path) == before
    assert not list(tmp_path.glob(".staging-*"))


def test_leftovers_of_a_killed_writer_are_removed(tmp_path: Path) -> None:
    add(tmp_path, "payments/event_date=2026-01-01/part-a.parquet", [1])
    before = state(tmp_path)
    (tmp_path / ".staging-1").mkdir()
    (tmp_path / ".versions/.building-1/payments").mkdir(parents=True)
    (tmp_path / ".versions/000099").mkdir()  # built, but killed before it took over
    (tmp_path / ".link-1").symlink_to("nowhere")
    with writing(tmp_path) as staging:
        assert [path.name for path in tmp_path.glob(".staging-*")] == [staging.name]
    assert state(tmp_path) == before
    assert [path.name for path in (tmp_path / ".versions").iterdir()] == ["000001"]
    assert not (tmp_path / ".link-1").is_symlink()


def test_two_writers_at_once_are_refused(tmp_path: Path) -> None:
    with writing(tmp_path), pytest.raises(LakeError, match="another process is writing"), writing(tmp_path):
        pass


def test_a_folder_of_somebody_else_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "payments").mkdir()
    with pytest.raises(LakeError, match="payments: was not made by an ingest"):
        add(tmp_path, "payments/event_date=2026-01-01/part-a.parquet", [1])
    assert list((tmp_path / "payments").iterdir()) == []
