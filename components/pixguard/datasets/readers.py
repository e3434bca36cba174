"""Readers: a file of any of four formats → batches of raw rows with their numbers.

A row is numbered from 1 within its file (JSON Lines: its line; CSV: the header is not counted). A row that cannot be
read at all is reported by number; a file that cannot be read raises InputError.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from pixguard.datasets.mapping import Mapping, TableMapping, check_columns
from pixguard.datasets.records import json_lines, pacs008
from pixguard.errors import PixguardError
from pixguard.payment.columns import Int64s

BATCH_ROWS = 100_000
_CSV_BLOCK_BYTES = 8 << 20
_FORMATS = {
    ".parquet": "parquet",
    ".csv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".xml": "pacs008",
}


class InputError(PixguardError):
    """An input that cannot be read, such as a corrupt file; nothing of it was taken."""


@dataclass(frozen=True, slots=True)
class RawBatch:
    """Rows as they came: the mapped columns, the number of each row, and the numbers of rows that were unreadable."""

    file: Path
    table: pa.Table
    rows: Int64s
    unreadable: Int64s = field(default_factory=lambda: np.zeros(0, np.int64))


def input_files(path: Path) -> list[Path]:
    """Return the file itself, or the known files of a folder and its subfolders in the order of their names."""
    if path.is_file():
        return [path]
    files = sorted(file for file in path.rglob("*") if file.suffix in _FORMATS and _visible(file.relative_to(path)))
    if not files:
        raise InputError(f"{path}: no such file, or a folder without any of {', '.join(_FORMATS)}")
    return files


def _visible(path: Path) -> bool:
    return not any(part.startswith((".", "_")) for part in path.parts)


def read(file: Path, mapping: Mapping, table: TableMapping) -> Iterator[RawBatch]:
    """Yield the batches of one file; raises InputError, or MappingError where columns do not fit the mapping."""
    stated = mapping.format if table is not mapping.labels else None
    kind = stated or _FORMATS.get(file.suffix)
    reader = _READERS.get(kind or "")
    if reader is None:
        raise InputError(
            f"{file}: unknown format; end its name in {', '.join(_FORMATS)} or state `format` in the mapping"
        )
    try:
        yield from reader(file, mapping, table)
    except (pa.ArrowException, OSError, EOFError, UnicodeError) as error:
        raise InputError(
            f"{file}: not readable as {kind} ({type(error).__name__}); check the file and run again"
        ) from error


def _wanted(table: TableMapping, present: Sequence[str]) -> list[str]:
    return [column for column in table.columns if column in present]


def _parquet(file: Path, mapping: Mapping, table: TableMapping) -> Iterator[RawBatch]:
    with pq.ParquetFile(file) as source:
        check_columns(mapping, table, source.schema_arrow.names, str(file))
        columns, number = _wanted(table, source.schema_arrow.names), 0
        for batch in source.iter_batches(BATCH_ROWS, columns=columns):
            yield RawBatch(file, pa.table(batch), number + np.arange(1, len(batch) + 1))
            number += len(batch)


def _csv(file: Path, mapping: Mapping, table: TableMapping) -> Iterator[RawBatch]:
    broken: list[int] = []

    def skip(row: Any) -> str:
        broken.append(row.number - 1)  # the header is row 1
        return "skip"

    read_options = pacsv.ReadOptions(
        encoding=mapping.csv.get("encoding", "utf8"), use_threads=False, block_size=_CSV_BLOCK_BYTES
    )
    parse_options = pacsv.ParseOptions(delimiter=mapping.csv.get("delimiter", ","), invalid_row_handler=skip)
    names = _csv_header(file, read_options, parse_options)
    check_columns(mapping, table, names, str(file))
    text = pacsv.ConvertOptions(
        column_types=dict.fromkeys(names, pa.string()), include_columns=_wanted(table, names), strings_can_be_null=True
    )
    broken.clear()
    last = 0
    with pacsv.open_csv(file, read_options, parse_options, text) as source:
        for batch in source:
            numbers = last + np.arange(1, len(batch) + len(broken) + 1)
            rows = np.setdiff1d(numbers, broken, assume_unique=True)[: len(batch)]
            last = int(rows[-1]) if len(rows) else last
            unreadable, broken[:] = [row for row in broken if row < last], [row for row in broken if row > last]
            yield RawBatch(file, pa.table(batch), rows, np.array(unreadable, np.int64))
    if broken:
        nothing = pa.table({name: pa.nulls(0, pa.string()) for name in text.include_columns})
        yield RawBatch(file, nothing, np.zeros(0, np.int64), np.array(broken, np.int64))


def _csv_header(file: Path, read_options: pacsv.ReadOptions, parse_options: pacsv.ParseOptions) -> list[str]:
    with pacsv.open_csv(file, read_options, parse_options) as source:
        return list(source.schema.names)


def _records(reader: Callable[..., Any]) -> Callable[[Path, Mapping, TableMapping], Iterator[RawBatch]]:
    """Turn a reader of Python records into one of batches."""

    def read_records(file: Path, mapping: Mapping, table: TableMapping) -> Iterator[RawBatch]:
        for columns, rows, unreadable, present in reader(file, table.columns, BATCH_ROWS):
            if present is not None:
                check_columns(mapping, table, present, str(file))
            yield RawBatch(file, pa.table(columns), rows, unreadable)

    return read_records


_READERS: dict[str, Callable[[Path, Mapping, TableMapping], Iterator[RawBatch]]] = {
    "parquet": _parquet,
    "csv": _csv,
    "jsonl": _records(json_lines),
    "pacs008": _records(pacs008),
}
