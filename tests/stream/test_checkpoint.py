"""A checkpoint belongs to one backfill: a new one begins anew, an old one goes, and a folder without record is none."""

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pixguard.features import HANDBOOK, PIX
from pixguard.state import layouts
from pixguard.stream.checkpoint import FROM_NOTHING, RECORD, CheckpointError, Checkpoints, Record

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

FIRST = Record.of("pix", layouts(PIX), 5, "backfill-1")
SECOND = Record.of("pix", layouts(PIX), 9, "backfill-2")


class Root:
    """A folder of checkpoints, and how often the stream took over."""

    def __init__(self, spark: "SparkSession", folder: Path) -> None:
        self.folder, self.points, self.taken = folder, Checkpoints(spark, str(folder)), 0

    def claim(self, record: Record) -> Path:
        def take_over() -> None:
            assert not (self.folder / record.backfill).exists()
            self.taken += 1

        return Path(self.points.claim(record, take_over))

    def names(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir())


@pytest.fixture
def root(spark: "SparkSession", tmp_path: Path) -> Root:
    return Root(spark, tmp_path / "checkpoint")


def test_a_checkpoint_goes_on_and_a_new_backfill_begins_anew(root: Root) -> None:
    first = root.claim(FIRST)
    (first / "commits").mkdir()
    assert root.claim(FIRST) == first
    assert (first / "commits").is_dir()
    assert root.taken == 1
    second = root.claim(SECOND)
    assert json.loads((second / RECORD).read_text())["cut_us"] == 9
    assert root.names() == ["backfill-2"]
    assert root.taken == 2


def test_what_has_no_record_is_none(root: Root) -> None:
    """A take-over that was killed before its record, and a cleaner that was killed after it took one away."""
    left = root.folder / "backfill-2" / "commits"
    left.mkdir(parents=True)
    (root.folder / "backfill-1" / "state").mkdir(parents=True)
    second = root.claim(SECOND)
    assert not left.exists()
    assert root.names() == ["backfill-2"]
    assert root.claim(SECOND) == second
    assert root.taken == 1


def test_a_take_over_that_fails_leaves_the_checkpoint_before_it(root: Root) -> None:
    first = root.claim(FIRST)

    def fails() -> None:
        raise CheckpointError("no")

    with pytest.raises(CheckpointError, match="no"):
        root.points.claim(SECOND, fails)
    assert root.claim(FIRST) == first
    assert root.taken == 1


def test_a_stream_without_a_backfill_goes_on_but_not_where_one_was(root: Root) -> None:
    nothing = Record.of("pix", layouts(PIX))
    assert root.claim(nothing).name == FROM_NOTHING
    root.claim(nothing)
    assert root.taken == 1
    root.claim(FIRST)
    with pytest.raises(CheckpointError, match="took over from a backfill: start the stream with its --lake"):
        root.claim(nothing)
    assert root.names() == ["backfill-1"]


def test_payments_of_zero_count_in_all_of_a_checkpoint_or_in_none(root: Root) -> None:
    root.claim(FIRST)
    with pytest.raises(CheckpointError, match="begun without --zero-amounts"):
        root.claim(replace(FIRST, zero_amounts=True))


def test_other_declarations_and_a_damaged_record_are_refused(root: Root) -> None:
    first = root.claim(FIRST)
    with pytest.raises(CheckpointError, match=r"other declarations \(account"):
        root.claim(Record.of("handbook", layouts(HANDBOOK), 5, "backfill-1"))
    (first / RECORD).write_text("{")
    (first / f".{RECORD}.crc").unlink(missing_ok=True)
    with pytest.raises(CheckpointError, match="is damaged"):
        root.claim(FIRST)
