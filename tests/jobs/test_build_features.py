"""The feature job on a real lake: whole or not at all, the same again, and clear about what it cannot read."""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixguard.features import HANDBOOK
from pixguard.jobs import build_features
from pixguard.jobs.build_features import Built, FeatureBuildError, FeatureInputError, main
from pixguard.lake import LakeError
from tests.small_lake import DAYS, START, payments, write, write_lake

pytestmark = pytest.mark.usefixtures("spark")
ROWS = 300
FIRST_DAY = START.date()


@pytest.fixture(scope="module")
def first_build(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Built]:
    """A lake whose features were built, and what the job said."""
    lake = write_lake(tmp_path_factory.mktemp("built") / "lake", payments(ROWS))
    return lake, run(lake)


@pytest.fixture
def built(first_build: tuple[Path, Built], tmp_path: Path) -> Path:
    """A copy of the built lake, for a test to change."""
    return Path(shutil.copytree(first_build[0], tmp_path / "lake", symlinks=True))


def run(lake: Path, **options: Any) -> Built:
    """Build the smaller set: Spark's price per column is most of what a small lake costs."""
    return build_features.run(lake=lake, feature_set="handbook", **options)


def contents(lake: Path) -> dict[str, str]:
    """What a reader sees: a digest of every table's rows, in the order of their ids."""
    views = {}
    for view in HANDBOOK.by_view():
        table = ds.dataset(lake / "features" / view, partitioning="hive").to_table().sort_by("end_to_end_id")
        views[view] = hashlib.sha256(str(table.to_pylist()).encode()).hexdigest()
    return views


def test_every_payment_has_its_features_in_its_day(first_build: tuple[Path, Built]) -> None:
    lake, built = first_build
    assert built.rows == dict.fromkeys(HANDBOOK.by_view(), ROWS)
    days = sorted(path.name for path in (lake / "features" / "payer").iterdir())
    assert days == [f"event_date={FIRST_DAY + timedelta(days=n)}" for n in range(DAYS)]
    table = ds.dataset(lake / "features" / "payer").to_table()
    assert table["payer_sent_count_7d"].type == pa.int64()
    assert table["payer_sent_count_7d"].null_count == 0


def test_a_rerun_gives_the_same_and_a_part_replaces_only_its_days(built: Path) -> None:
    lake, whole = built, contents(built)
    run(lake)
    assert contents(lake) == whole
    first, untouched = (lake / "features" / "payer" / f"event_date={FIRST_DAY + timedelta(days=n)}" for n in (1, 3))
    before = {file.name: file.stat().st_ino for file in untouched.iterdir()}
    run(lake, start=FIRST_DAY + timedelta(days=1), end=FIRST_DAY + timedelta(days=2))
    assert contents(lake) == whole
    assert first.exists()
    assert {file.name: file.stat().st_ino for file in untouched.iterdir()} == before


def test_what_the_payments_lack_is_left_out_by_name(tmp_path: Path) -> None:
    table = payments(ROWS)
    place = table.schema.get_field_index("device_id")
    without = table.set_column(place, table.schema.field(place), pa.nulls(ROWS, pa.string()))
    built = build_features.run(lake=write_lake(tmp_path / "lake", without))
    assert "device" not in built.rows
    assert "device_payments_count_1h" in built.left_out


def test_a_lake_without_labels_has_features_without_reports(tmp_path: Path) -> None:
    write(payments(ROWS), tmp_path / "payments")
    assert run(tmp_path).rows["payee"] == ROWS
    table = ds.dataset(tmp_path / "features" / "payee").to_table()
    assert set(table["payee_received_frauds_count_28d"].to_pylist()) == {0}


def test_no_payments_are_no_features(tmp_path: Path) -> None:
    with pytest.raises(FeatureInputError, match=r"holds no accepted payments; run ingest_payments first"):
        run(tmp_path)


@pytest.mark.parametrize("part", ["payments", "labels"])
def test_a_corrupt_file_is_named_and_the_old_features_stay(built: Path, part: str) -> None:
    lake, old = built, contents(built)
    file = sorted((lake / part).rglob("*.parquet"))[0]
    file.write_bytes(b"PAR1 no parquet")
    with pytest.raises(FeatureInputError, match=rf"{file.parent.name}.*cannot be read as Parquet.*ingest it again"):
        run(lake)
    assert contents(lake) == old


def test_a_file_damaged_in_its_middle_is_sparks_error_with_its_cause(built: Path) -> None:
    lake, old = built, contents(built)
    file = sorted((lake / "payments").rglob("*.parquet"))[2]
    content = bytearray(file.read_bytes())
    footer = 8 + int.from_bytes(content[-8:-4], "little")
    content[4:-footer] = bytes(len(content) - footer - 4)
    file.write_bytes(content)
    with pytest.raises(FeatureBuildError, match=r"Spark failed \(.+\); it is as it was"):
        run(lake)
    assert contents(lake) == old


def test_a_full_disk_is_said_and_the_old_features_stay(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lake, old = built, contents(built)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pixguard.published.os.fsync", full)
    with pytest.raises(LakeError, match=r"No space left on device.*as it was"):
        run(lake)
    monkeypatch.undo()
    assert contents(lake) == old
    assert not list((lake / ".features").glob("staging-*"))


def test_a_killed_job_leaves_the_old_features_and_the_next_one_ends(built: Path) -> None:
    lake, old = built, contents(built)
    options = {"--lake": str(lake), "--master": "local[1]", "--feature-set": "handbook"}
    command = [
        sys.executable,
        "-m",
        "pixguard.jobs.build_features",
        *(word for pair in options.items() for word in pair),
    ]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True) as job:
        staged = lake / ".features"
        until = time.monotonic() + 120
        while not any(staged.glob("staging-*/*/*")) and job.poll() is None and time.monotonic() < until:
            time.sleep(0.05)
        assert job.poll() is None, "the job ended before it was seen writing"
        os.killpg(job.pid, signal.SIGKILL)
    assert contents(lake) == old
    run(lake)
    assert contents(lake) == old


def test_a_user_error_is_one_line(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert main(["--lake", str(tmp_path)]) == 1
    assert "run ingest_payments first" in caplog.text


@settings(max_examples=3)
@given(start=st.integers(0, DAYS - 1), length=st.integers(1, DAYS))
def test_days_built_alone_equal_days_built_together(
    first_build: tuple[Path, Built], tmp_path_factory: pytest.TempPathFactory, start: int, length: int
) -> None:
    """The windows of the first day asked for reach back as far as they would in a whole build."""
    part = write_lake(tmp_path_factory.mktemp("part"), payments(ROWS))
    first, last = FIRST_DAY + timedelta(days=start), FIRST_DAY + timedelta(days=min(start + length, DAYS))
    run(part, start=first, end=last)
    for view in HANDBOOK.by_view():
        for day in (part / "features" / view).iterdir():
            ours, theirs = (
                ds.dataset(lake / "features" / view / day.name).to_table().sort_by("end_to_end_id")
                for lake in (part, first_build[0])
            )
            assert ours.equals(theirs)
