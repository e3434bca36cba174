"""The whole gate of payments, with Great Expectations as it runs."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from pixguard.expectations import DataGateError, Limits, check_payments
from pixguard.expectations.payments import accepted_path
from pixguard.lake import LakeError
from tests import small_lake
from tests.expectations.test_scan import changed

LIMITS = Limits(max_age=timedelta(days=1))


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    return small_lake.write_lake(tmp_path / "lake")


@pytest.fixture
def check(lake: Path, tmp_path: Path) -> Callable[..., str]:
    def run(as_of: datetime = small_lake.END, new_baseline: bool = False) -> str:
        """Run the gate; return what the error says, empty if all passed."""
        try:
            passed = check_payments(lake, tmp_path / "report", as_of, LIMITS, new_baseline=new_baseline)
        except DataGateError as error:
            return str(error)
        assert passed.report == tmp_path / "report" / "index.html"
        return ""

    return run


def replace_payments(lake: Path, table: pa.Table) -> None:
    for file in (lake / "payments").glob("*/*.parquet"):
        file.unlink()
    small_lake.write(table, lake / "payments")


def test_a_good_lake_passes_and_becomes_the_baseline(check: Callable[..., str], lake: Path, tmp_path: Path) -> None:
    assert check() == ""
    kept = accepted_path(lake).read_bytes()
    assert check() == ""
    assert accepted_path(lake).read_bytes() == kept
    pages = [page.read_text() for page in (tmp_path / "report").rglob("*.html")]
    assert any("expect" in page.lower() and "amount_centavos" in page for page in pages)
    assert not list(tmp_path.glob(".report*"))


def test_rows_that_break_the_contract_are_named_and_counted(
    check: Callable[..., str], lake: Path, tmp_path: Path
) -> None:
    table = changed(small_lake.payments(), "amount_centavos", {3: 0, 700: -1})
    table = changed(table, "payer_id", {5: "12345678909"})
    replace_payments(lake, table)
    said = check()
    assert said.startswith("2 of ")
    assert "expect_column_values_to_be_between(column=amount_centavos, min_value=1" in said
    assert "2 of 1,200 rows" in said
    assert table["end_to_end_id"][3].as_py() in said
    assert "1 of 1,200 rows" in said
    assert not accepted_path(lake).exists()
    everything = said + "".join(page.read_text() for page in (tmp_path / "report").rglob("*.html"))
    assert "12345678909" not in everything
    assert "amount_centavos" in everything


def test_a_changed_schema_stops_before_the_rows_are_read(check: Callable[..., str], lake: Path) -> None:
    replace_payments(lake, small_lake.payments().drop_columns("purpose"))
    said = check()
    assert "payments_schema" in said
    assert "purpose: absent, wanted string" in said


def test_a_corrupt_file_is_no_verdict_on_the_data(check: Callable[..., str], lake: Path) -> None:
    next((lake / "labels").glob("*/*.parquet")).write_bytes(b"half")
    with pytest.raises(LakeError, match="cannot be read as Parquet"):
        check()


def test_stale_data_stop_the_run(check: Callable[..., str]) -> None:
    said = check(as_of=small_lake.END + timedelta(days=2))
    assert "newest_payment_age_h" in said
    assert "48." in said


def test_drift_against_the_last_accepted_run_stops_and_can_be_accepted(check: Callable[..., str], lake: Path) -> None:
    assert check() == ""
    kept = accepted_path(lake).read_bytes()
    table = small_lake.payments()
    replace_payments(lake, changed(table, "key_type", dict.fromkeys(range(table.num_rows), "EVP")))
    said = check()
    assert "key_type_stability_index" in said
    assert accepted_path(lake).read_bytes() == kept
    assert check(new_baseline=True) == ""
    assert check() == ""


def test_a_label_known_before_its_payment_is_refused(check: Callable[..., str], lake: Path) -> None:
    small_lake.write(
        small_lake.labels(small_lake.payments(50), late=timedelta(hours=-1)), lake / "labels" / "..", by="known_date"
    )
    for folder in lake.glob("known_date=*"):
        folder.rename(lake / "labels" / f"{folder.name}-early")
    said = check()
    assert "expect_column_pair_values_a_to_be_greater_than_b(column_A=known_at, column_B=event_time" in said
