import json
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pixguard.features import BOOK, PIX
from pixguard.jobs.build_training_set import main, run
from pixguard.lake import LakeError
from pixguard.retrieval import LostRowsError
from tests import small_lake

REPOSITORY = Path(__file__).parents[2] / "feature_repo"
PAYMENTS = small_lake.payments(400)
START, END = small_lake.START + timedelta(days=1), small_lake.START + timedelta(days=4)


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    lake = small_lake.write_lake(tmp_path / "lake", PAYMENTS)
    small_lake.write_features(lake, PAYMENTS, BOOK)
    return lake


def build(lake: Path, known_by: datetime | None = None) -> pa.Table:
    built = run(
        lake=lake,
        feature_set=BOOK,
        start=START,
        end=END,
        out=lake / "training_set.parquet",
        known_by=known_by,
        repository=REPOSITORY,
    )
    table = pq.read_table(built.path)
    assert built.rows == table.num_rows
    assert built.frauds == table["is_fraud"].to_pylist().count(True)
    return table


def test_the_payments_of_the_period_with_inputs_in_order(lake: Path) -> None:
    table = build(lake)
    inside = [START <= time < END for time in PAYMENTS["event_time"].to_pylist()]
    expected = PAYMENTS.filter(inside)
    assert table["end_to_end_id"].to_pylist() == expected["end_to_end_id"].to_pylist()
    assert table.schema.names[-len(BOOK.names) :] == list(BOOK.names)
    assert {table.schema.field(name).type for name in BOOK.names} == {pa.float32()}
    assert table.schema.field("event_time").type == pa.timestamp("us", tz="UTC")
    place = [i % 50 for i, keep in enumerate(inside) if keep]
    np.testing.assert_array_equal(table["customer_count_7d"], np.array(place, dtype=np.float32) + 1)
    about = json.loads(table.schema.metadata[b"pixguard"])
    assert (about["feature_set"], about["features"], about["left_out"]) == ("book", list(BOOK.names), [])


def test_a_label_counts_from_the_moment_it_is_known(lake: Path) -> None:
    every_label = small_lake.labels(PAYMENTS)
    for known_by in (START + timedelta(days=1, hours=12), None):
        table = build(lake, known_by)
        known = {
            row["end_to_end_id"]
            for row in every_label.to_pylist()
            if START <= row["event_time"] < END and (known_by is None or row["known_at"] <= known_by)
        }
        assert known
        marked = table.filter(table["is_fraud"].is_valid())
        assert set(marked["end_to_end_id"].to_pylist()) == known
        assert marked["known_at"].null_count == 0


def test_the_newest_of_several_labels_wins(lake: Path) -> None:
    withdrawn = small_lake.labels(PAYMENTS, every=80, late=timedelta(days=3)).to_pandas().assign(is_fraud=False)
    later = pa.Table.from_pandas(withdrawn, schema=small_lake.labels(PAYMENTS).schema, preserve_index=False)
    small_lake.write(later, lake / "later", by="known_date")
    for folder in (lake / "later").iterdir():
        folder.rename(lake / "labels" / f"{folder.name}-later")
    table = build(lake)
    verdicts = dict(zip(table["end_to_end_id"].to_pylist(), table["is_fraud"].to_pylist(), strict=True))
    assert all(verdicts[one] is False for one in later["end_to_end_id"].to_pylist() if one in verdicts)
    assert True in verdicts.values()


def test_a_lake_without_labels_has_unlabelled_rows(tmp_path: Path) -> None:
    lake = small_lake.write_lake(tmp_path / "lake", PAYMENTS)
    small_lake.write_features(lake, PAYMENTS, BOOK)
    for file in (lake / "labels").glob("*/*.parquet"):
        file.unlink()
    assert build(lake)["is_fraud"].null_count == 240


def test_payments_without_features_are_named_and_nothing_is_written(lake: Path) -> None:
    for file in (lake / "features" / "payer").glob("*/*.parquet"):
        pq.write_table(pq.read_table(file, partitioning=None).slice(1), file)
    with pytest.raises(LostRowsError, match=r"3 of 240 payments have no payer_sent_count_1d \(such as E12345678"):
        build(lake)
    assert not list(lake.glob("*training_set*"))


def test_a_rerun_gives_the_same_bytes(lake: Path) -> None:
    build(lake)
    first = (lake / "training_set.parquet").read_bytes()
    build(lake)
    assert (lake / "training_set.parquet").read_bytes() == first


def test_inputs_are_those_of_the_request_path(tmp_path: Path) -> None:
    """Nulls, flags, choices and times of real columns, against the set's own vector on the same values."""
    lake = small_lake.write_lake(tmp_path / "lake", PAYMENTS)
    small_lake.write_features(lake, PAYMENTS, PIX)
    out = tmp_path / "set.parquet"
    run(lake=lake, feature_set=PIX, start=small_lake.START, end=small_lake.END, out=out, repository=REPOSITORY)
    table = pq.read_table(out)
    columns = PAYMENTS.to_pandas()
    known = {name: columns[name].to_numpy() for name in PIX.payment_columns}
    known["event_time"] = (
        columns["event_time"].dt.tz_localize(None).to_numpy().astype("datetime64[us]").astype(np.int64)
    )
    known["device_registered"] = columns["device_registered"].astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    values = np.arange(len(columns)) % 50
    expected = PIX.vector(known | {one.name: values for one in PIX.aggregates})
    for place, name in enumerate(PIX.names):
        np.testing.assert_array_equal(table[name].to_numpy(), expected[:, place], err_msg=name)


def test_a_period_without_payments_and_a_lake_without_features(lake: Path, tmp_path: Path) -> None:
    options = {"feature_set": BOOK, "out": tmp_path / "x.parquet", "repository": REPOSITORY}
    with pytest.raises(LostRowsError, match="choose another period"):
        run(lake=lake, start=END + timedelta(days=90), end=END + timedelta(days=91), **options)
    with pytest.raises(LakeError, match="run build_features first"):
        run(lake=small_lake.write_lake(tmp_path / "bare"), start=START, end=END, **options)


def test_the_command_line_says_what_went_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    common = ["--lake", str(tmp_path), "--out", str(tmp_path / "x.parquet")]
    assert main([*common, "--start", "2026-01-01", "--end", "2026-01-31"]) == 1
    assert "build_training_set: " in capsys.readouterr().err
