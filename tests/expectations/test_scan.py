from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from pixguard.expectations.rules import PAYMENT_RULES, Rule, Unique
from pixguard.expectations.scan import HIDDEN, Scan, lake_connection, open_table, scan
from pixguard.lake import LakeError
from tests import small_lake


def scanned(tmp_path: Path, table: pa.Table) -> Scan:
    small_lake.write(table, tmp_path / "payments")
    return scan_lake(tmp_path)


def scan_lake(lake: Path) -> Scan:
    with lake_connection() as connection:
        open_table(connection, "payments", lake / "payments")
        return scan(connection, "payments", PAYMENT_RULES)


def changed(table: pa.Table, column: str, values: dict[int, object]) -> pa.Table:
    place = table.column_names.index(column)
    new = [values.get(i, value) for i, value in enumerate(table[column].to_pylist())]
    return table.set_column(place, pa.field(column, table[column].type), pa.array(new, table[column].type))


def counts(found: Scan) -> dict[Rule, int]:
    return {rule: count for rule, count in zip(found.rules, found.broken, strict=True) if count}


def test_right_rows_break_nothing(tmp_path: Path) -> None:
    found = scanned(tmp_path, small_lake.payments(300))
    assert (found.rows, len(found.frame), counts(found)) == (300, 300, {})


def test_every_broken_row_is_counted_and_looked_at(tmp_path: Path) -> None:
    table = changed(small_lake.payments(300), "amount_centavos", {7: 0, 8: -5, 299: 10**14})
    found = scanned(tmp_path, table)
    assert list(counts(found).values()) == [3]
    assert set(found.frame["amount_centavos"]) >= {0, -5, 10**14}


def test_repeated_ids_are_found_with_all_their_rows(tmp_path: Path) -> None:
    table = small_lake.payments(100)
    found = scanned(tmp_path, pa.concat_tables([table, table.slice(10, 2)]))
    assert counts(found) == {Unique("end_to_end_id"): 4}
    assert (found.frame["end_to_end_id"].value_counts() == 2).sum() == 2


def test_a_text_that_breaks_its_rule_is_hidden(tmp_path: Path) -> None:
    table = changed(small_lake.payments(50), "payer_id", {3: "12345678909"})
    table = changed(table, "key_type", {4: "ana@example.com"})
    table = changed(table, "end_to_end_id", {5: "Ana Souza"})
    found = scanned(tmp_path, table)
    assert len(counts(found)) == 3
    shown = found.frame.astype(str).to_numpy().ravel()
    assert not {"12345678909", "ana@example.com", "Ana Souza"} & set(shown)
    assert (shown == HIDDEN).sum() == 3


def test_the_sample_is_small_and_the_same_in_every_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sample = 3000
    monkeypatch.setattr("pixguard.expectations.scan.SAMPLE", sample)
    table = small_lake.payments(100)
    many = pa.concat_tables([table] * (3 * sample // 100))
    ids = [f"X{i:031d}" for i in range(many.num_rows)]
    many = many.set_column(0, many.schema.field(0), pa.array(ids))
    first, second = (scanned(tmp_path / name, many).frame for name in "ab")
    assert 0.8 * sample < len(first) < 1.2 * sample
    pd.testing.assert_frame_equal(first, second)


def test_a_file_cut_short_is_named(tmp_path: Path) -> None:
    small_lake.write(small_lake.payments(100), tmp_path / "payments")
    file = next((tmp_path / "payments").glob("*/*.parquet"))
    file.write_bytes(file.read_bytes()[:-200])
    with pytest.raises(LakeError, match=file.name):
        scan_lake(tmp_path)


def test_no_table_says_what_to_run(tmp_path: Path) -> None:
    with lake_connection() as connection, pytest.raises(LakeError, match="run the job that writes payments"):
        open_table(connection, "payments", tmp_path / "payments")
