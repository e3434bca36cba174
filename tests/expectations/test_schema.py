from pathlib import Path

import pyarrow as pa
import pytest

from pixguard.expectations.schema import compare_schemas, feature_schema
from pixguard.features import BOOK
from pixguard.lake import LakeError
from pixguard.payment import PAYMENT_SCHEMA
from tests import small_lake


def wrong(folder: Path, wanted: pa.Schema, **options: bool) -> set[tuple[str, str, str]]:
    rows = compare_schemas(folder, wanted, **options)
    rows = rows[rows["found"] != rows["wanted"]]
    return set(zip(rows["field"], rows["found"], rows["wanted"], strict=True))


def test_payments_as_agreed(tmp_path: Path) -> None:
    small_lake.write(small_lake.payments(50), tmp_path)
    assert wrong(tmp_path, PAYMENT_SCHEMA) == set()


def test_one_file_of_another_schema_is_found_among_many(tmp_path: Path) -> None:
    table = small_lake.payments(50)
    small_lake.write(table, tmp_path)
    odd = table.drop_columns("purpose").append_column("cpf", table["payer_id"])
    odd = odd.set_column(2, "amount_centavos", odd["amount_centavos"].cast(pa.float64()))
    (tmp_path / "event_date=2026-01-09").mkdir()
    pa.parquet.write_table(odd, tmp_path / "event_date=2026-01-09" / "odd.parquet")
    assert wrong(tmp_path, PAYMENT_SCHEMA) == {
        ("purpose", "absent", "string"),
        ("cpf", "string", "absent"),
        ("amount_centavos", "double", "int64"),
    }


def test_views_may_hold_more_features_than_a_set_wants(tmp_path: Path) -> None:
    table = small_lake.features(small_lake.payments(20), BOOK, "payer")
    small_lake.write(table.append_column("another", table["end_to_end_id"]), tmp_path)
    wanted = feature_schema(BOOK.by_view()["payer"])
    assert wrong(tmp_path, wanted, more_allowed=True) == set()
    assert wrong(tmp_path, wanted) == {("another", "string", "absent")}


def test_a_corrupt_file_is_named(tmp_path: Path) -> None:
    small_lake.write(small_lake.payments(20), tmp_path)
    bad = tmp_path / "event_date=2026-01-02" / "bad.parquet"
    bad.write_bytes(b"PAR1 but not really")
    with pytest.raises(LakeError, match=r"bad\.parquet cannot be read as Parquet"):
        compare_schemas(tmp_path, PAYMENT_SCHEMA)


def test_an_empty_folder_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(LakeError, match="run the job that writes it"):
        compare_schemas(tmp_path / "payments", PAYMENT_SCHEMA)
