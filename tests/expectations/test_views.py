"""The whole gate of the feature views, with Great Expectations as it runs."""

import json
from pathlib import Path

import pyarrow as pa
import pytest

from pixguard.expectations import DataGateError, check_features
from pixguard.features import BOOK, PIX
from pixguard.lake import LakeError
from tests import small_lake
from tests.expectations.test_scan import changed

PAYMENTS = small_lake.payments(400)


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    lake = small_lake.write_lake(tmp_path / "lake", PAYMENTS)
    small_lake.write_features(lake, PAYMENTS, BOOK)
    return lake


def rewrite(lake: Path, view: str, table: pa.Table) -> None:
    for file in (lake / "features" / view).glob("*/*.parquet"):
        file.unlink()
    small_lake.write(table, lake / "features" / view)


def test_features_as_declared_pass(lake: Path, tmp_path: Path) -> None:
    passed = check_features(lake, BOOK, tmp_path / "report")
    assert passed.rows == 400
    assert passed.report.exists()


def test_contradictions_are_named_with_their_rows(lake: Path, tmp_path: Path) -> None:
    table = small_lake.features(PAYMENTS, BOOK, "payer")
    rewrite(lake, "payer", changed(table, "payer_sent_count_1d", {9: 10_000, 10: -1}))
    with pytest.raises(DataGateError) as caught:
        check_features(lake, BOOK, tmp_path / "report")
    said = str(caught.value)
    assert "column_A=payer_sent_centavos_sum_1d, column_B=payer_sent_count_1d" in said
    assert "column_A=payer_sent_count_7d, column_B=payer_sent_count_1d" in said
    assert "expect_column_values_to_be_between(column=payer_sent_count_1d, min_value=0): 1 of 400 rows" in said
    assert PAYMENTS["end_to_end_id"][9].as_py() in said
    assert "payee:" not in said


def test_payments_without_features_stop_the_run(lake: Path, tmp_path: Path) -> None:
    rewrite(lake, "payee", small_lake.features(PAYMENTS.slice(3), BOOK, "payee"))
    with pytest.raises(DataGateError, match=r"payee_payments_without_features.*: 3 \(build the features again\)"):
        check_features(lake, BOOK, tmp_path / "report")


def test_a_view_that_lacks_a_declared_feature_stops_the_run(lake: Path, tmp_path: Path) -> None:
    rewrite(lake, "payer", small_lake.features(PAYMENTS, BOOK, "payer").drop_columns("payer_sent_count_7d"))
    with pytest.raises(DataGateError, match="payer_sent_count_7d: absent, wanted int64"):
        check_features(lake, BOOK, tmp_path / "report")


def test_what_the_data_cannot_give_is_not_missed(tmp_path: Path) -> None:
    lake = small_lake.write_lake(tmp_path / "lake", PAYMENTS)
    small_lake.write_features(lake, PAYMENTS, PIX.available({"event_time"}))
    (lake / "features" / "feature_set.json").write_text(
        json.dumps({"feature_set": "pix", "columns": ["event_time"], "left_out": []})
    )
    assert not (lake / "features" / "device").exists()
    assert check_features(lake, PIX, tmp_path / "report").rows == 400


def test_features_of_another_set_are_refused(lake: Path, tmp_path: Path) -> None:
    with pytest.raises(LakeError, match="holds the features of 'book', not of 'pix'"):
        check_features(lake, PIX, tmp_path / "report")
