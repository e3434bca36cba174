import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pixguard.datasets import readers
from pixguard.datasets.mapping import Mapping, MappingError, load_mapping
from pixguard.datasets.readers import InputError, input_files, read

ROW = {"end_to_end_id": "E1", "event_time": "t", "amount_centavos": "1", "payer_id": "a", "payee_id": "b"}


@pytest.fixture
def pix() -> Mapping:
    return load_mapping("pix")


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "BATCH_ROWS", 4)
    monkeypatch.setattr(readers, "_CSV_BLOCK_BYTES", 128)


def collected(file: Path, mapping: Mapping) -> tuple[list[Any], list[int], list[int]]:
    """The ids, the row numbers and the unreadable rows of a whole file."""
    batches = list(read(file, mapping, mapping.payments))
    ids = [value for batch in batches for value in batch.table["end_to_end_id"].to_pylist()]
    assert all(len(batch.table) == len(batch.rows) for batch in batches)
    return ids, [int(n) for batch in batches for n in batch.rows], [int(n) for b in batches for n in b.unreadable]


def rows(count: int) -> list[dict[str, str]]:
    return [{**ROW, "end_to_end_id": f"E{n}"} for n in range(count)]


def test_parquet_comes_in_batches_with_row_numbers(tmp_path: Path, pix: Mapping) -> None:
    pq.write_table(pa.Table.from_pylist(rows(10)), tmp_path / "a.parquet")
    ids, numbers, unreadable = collected(tmp_path / "a.parquet", pix)
    assert ids == [f"E{n}" for n in range(10)]
    assert (numbers, unreadable) == (list(range(1, 11)), [])


@pytest.mark.parametrize("broken", [[], [0], [5], [18, 19], list(range(20)), [0, 3, 4, 5, 19]])
def test_csv_rows_of_the_wrong_width_are_unreadable_and_the_others_keep_their_number(
    tmp_path: Path, pix: Mapping, broken: list[int]
) -> None:
    lines = [",".join(row.values()) + (",surplus" if n in broken else "") for n, row in enumerate(rows(20))]
    (tmp_path / "a.csv").write_text("\n".join([",".join(ROW), *lines]) + "\n")
    ids, numbers, unreadable = collected(tmp_path / "a.csv", pix)
    right = [n for n in range(20) if n not in broken]
    assert ids == [f"E{n}" for n in right]
    assert numbers == [n + 1 for n in right]
    assert unreadable == [n + 1 for n in broken]


def test_csv_values_stay_text(tmp_path: Path, pix: Mapping) -> None:
    (tmp_path / "a.csv").write_text(",".join(ROW) + ",payer_ispb\nE1,2026-01-01T00:00:00Z,007,0,b,00000000\n")
    (batch,) = read(tmp_path / "a.csv", pix, pix.payments)
    assert set(batch.table.schema.types) == {pa.string()}
    assert batch.table["payer_ispb"].to_pylist() == ["00000000"]


def test_csv_delimiter_and_encoding_come_from_the_mapping(tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text("payments: contract\ncsv: {delimiter: ';', encoding: latin-1}\n")
    mapping = load_mapping(tmp_path / "m.yaml")
    (tmp_path / "a.csv").write_bytes((";".join(ROW) + "\nE1;t;1;São;b\n").encode("latin-1"))
    (batch,) = read(tmp_path / "a.csv", mapping, mapping.payments)
    assert batch.table["payer_id"].to_pylist() == ["São"]


def test_json_lines_number_their_lines_and_skip_blank_ones(tmp_path: Path, pix: Mapping) -> None:
    lines = [json.dumps(row) for row in rows(6)]
    lines[1:1] = ["", "{broken", "[1]", '"text"', "[" * 100_000]
    (tmp_path / "a.jsonl").write_text("\n".join(lines))
    ids, numbers, unreadable = collected(tmp_path / "a.jsonl", pix)
    assert ids == [f"E{n}" for n in range(6)]
    assert numbers == [1, 7, 8, 9, 10, 11]
    assert unreadable == [3, 4, 5, 6]


def test_an_empty_file_of_json_lines_has_no_rows(tmp_path: Path, pix: Mapping) -> None:
    (tmp_path / "a.jsonl").write_bytes(b"")
    assert collected(tmp_path / "a.jsonl", pix) == ([], [], [])


def test_a_changed_schema_stops_every_format(tmp_path: Path, pix: Mapping) -> None:
    changed = [{**row, "payee": row["payee_id"]} for row in rows(9)]
    pq.write_table(pa.Table.from_pylist(changed), tmp_path / "a.parquet")
    (tmp_path / "a.csv").write_text(",".join(changed[0]) + "\n" + ",".join(changed[0].values()) + "\n")
    # a key that appears late, in the third batch
    (tmp_path / "a.jsonl").write_text("\n".join(json.dumps(row) for row in [*rows(8), changed[8]]))
    for file in sorted(tmp_path.iterdir()):
        with pytest.raises(MappingError, match=r"found columns 'payee' in .* that it does not mention"):
            collected(file, pix)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.parquet", b"PAR1 not a parquet file at all PAR1"),
        ("a.parquet", b""),
        ("a.csv", b""),
        ("a.csv", b"\xff\xfe,b\n"),
        ("a.xml", b"<Document><CdtTrfTxInf><PmtId></Document>"),
        ("a.xml", b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'),
    ],
)
def test_a_file_that_is_not_of_its_format_is_refused_by_name(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    mapping = load_mapping("pacs008" if name.endswith("xml") else "pix")
    with pytest.raises(InputError, match=f"{name}: not readable as"):
        collected(tmp_path / name, mapping)


def test_a_parquet_file_damaged_in_the_middle_is_refused(tmp_path: Path, pix: Mapping) -> None:
    path = tmp_path / "a.parquet"
    values = np.random.default_rng(1).bytes(40_000).hex()
    rows_ = [{**ROW, "payer_id": values[at : at + 32]} for at in range(0, 64_000, 32)]
    pq.write_table(pa.Table.from_pylist(rows_), path, compression="gzip", write_page_checksum=True)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"a\.parquet: not readable as parquet"):
        collected(path, pix)


def test_a_folder_gives_its_known_files_in_order(tmp_path: Path) -> None:
    for name in ("b.csv", "a/x.parquet", "a/_SUCCESS", ".hidden.csv", "_temporary/y.csv", "readme.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert [str(file.relative_to(tmp_path)) for file in input_files(tmp_path)] == ["a/x.parquet", "b.csv"]


def test_no_input_and_unknown_formats_are_errors(tmp_path: Path, pix: Mapping) -> None:
    with pytest.raises(InputError, match="no such file"):
        input_files(tmp_path / "none")
    (tmp_path / "a.xlsx").touch()
    with pytest.raises(InputError, match="unknown format; end its name in"):
        collected(tmp_path / "a.xlsx", pix)
