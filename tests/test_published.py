"""A published folder shows the old version or the new one, whole."""

from pathlib import Path

import pytest

from pixguard.lake import LakeError
from pixguard.published import publish, staging


def stage(folder: Path, **partitions: str) -> None:
    for day, content in partitions.items():
        file = folder / "payer" / f"day={day}" / "part.parquet"
        file.parent.mkdir(parents=True)
        file.write_text(content)


def shown(lake: Path) -> dict[str, str]:
    return {path.parent.name: path.read_text() for path in sorted((lake / "features").glob("payer/*/*.parquet"))}


def publish_days(lake: Path, *, keep: bool = True, **partitions: str) -> None:
    with staging(lake, "features") as folder:
        stage(folder, **partitions)
        publish(lake, "features", folder, keep=keep)


def publish_on_a_full_disk(lake: Path) -> None:
    with staging(lake, "features") as folder:
        stage(folder, a="half")
        (folder / "next").symlink_to("/dev/full")
        (folder / "next").write_text("more than there is room for")


def test_partitions_that_were_written_replace_theirs_and_the_rest_stays(tmp_path: Path) -> None:
    publish_days(tmp_path, a="old", b="old")
    publish_days(tmp_path, b="new", c="new")
    assert shown(tmp_path) == {"day=a": "old", "day=b": "new", "day=c": "new"}


def test_a_whole_rebuild_leaves_nothing_of_before(tmp_path: Path) -> None:
    publish_days(tmp_path, a="old")
    publish_days(tmp_path, keep=False, b="new")
    assert shown(tmp_path) == {"day=b": "new"}


def test_a_writer_that_fails_changes_nothing_and_leaves_nothing(tmp_path: Path) -> None:
    publish_days(tmp_path, a="old")
    with pytest.raises(LakeError, match="No space left"):
        publish_on_a_full_disk(tmp_path)
    assert shown(tmp_path) == {"day=a": "old"}
    assert len(list((tmp_path / ".features").iterdir())) == 1


def test_a_reader_that_holds_the_old_version_can_finish(tmp_path: Path) -> None:
    publish_days(tmp_path, a="old")
    held = (tmp_path / "features" / "payer" / "day=a" / "part.parquet").open()
    publish_days(tmp_path, a="new")
    with held:
        assert held.read() == "old"


def test_a_plain_folder_in_the_place_of_the_link_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "features").mkdir()
    with pytest.raises(LakeError, match="not one of ours"):
        publish_days(tmp_path, a="new")
