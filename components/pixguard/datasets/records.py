"""Records of JSON Lines and pacs.008 XML → columns.

Both readers yield (columns by name, row numbers, numbers of unreadable rows, names present or None where absence means
nothing). A JSON column whose values differ in type becomes an Arrow union, so that each value is judged as what it is.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from operator import itemgetter
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ParseError

import numpy as np
import pyarrow as pa
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from pixguard.payment.columns import Int64s

Records = tuple[dict[str, pa.Array], Int64s, Int64s, list[str] | None]
_TYPES = {str: pa.string(), bool: pa.bool_(), int: pa.int64(), float: pa.float64()}
_OTHER = pa.binary()
"""Stands for what the contract has no use for (lists, objects): it is there, and of the wrong type."""
_TRANSACTION = "CdtTrfTxInf"


def json_lines(file: Path, columns: Sequence[str], batch_rows: int) -> Iterator[Records]:
    """Read one JSON object a line; blank lines are skipped, a line that is no object is unreadable."""
    records: list[dict[str, Any]] = []
    rows: list[int] = []
    unreadable: list[int] = []
    with file.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            if line.isspace():
                continue
            record = _object(line)
            if record is None:
                unreadable.append(number)
            else:
                records.append(record)
                rows.append(number)
            if len(records) + len(unreadable) >= batch_rows:
                yield _batch(records, columns, rows, unreadable)
                records, rows, unreadable = [], [], []
    yield _batch(records, columns, rows, unreadable)


def pacs008(file: Path, columns: Sequence[str], batch_rows: int) -> Iterator[Records]:
    """Read the credit transfers of a pacs.008 message (or a file of many); a column is a path, `/@X` an attribute.

    Raises OSError for XML that is not well formed, or that declares entities (defusedxml refuses them).
    """
    paths = {column: _path(column) for column in columns}
    records: list[dict[str, Any]] = []
    number = 0
    for element in _transactions(file):
        number += 1
        records.append({column: _text(element, *path) for column, path in paths.items()})
        if len(records) >= batch_rows:
            yield _xml_batch(records, columns, number)
            records = []
    yield _xml_batch(records, columns, number)


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        record = json.loads(line.decode())  # given bytes, it would first guess their encoding
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None


def _batch(records: list[dict[str, Any]], columns: Sequence[str], rows: list[int], unreadable: list[int]) -> Records:
    present = set().union(*records)
    table = {column: pa.nulls(len(records), pa.string()) for column in columns}
    names = [column for column in columns if column in present]
    for name, values in zip(names, _transposed(records, names), strict=True):
        table[name] = _column(values)
    strange = present - set(columns)
    # a key may be absent from every object of a batch: then the rows say so; a strange one means a changed table
    return table, np.array(rows, np.int64), np.array(unreadable, np.int64), [*columns, *sorted(strange)]


def _transposed(records: list[dict[str, Any]], names: list[str]) -> list[Sequence[Any]]:
    """Return the values of each name; None where a record lacks it."""
    if len(names) > 1:
        try:
            return list(zip(*map(itemgetter(*names), records), strict=True))  # several times faster than get
        except KeyError:
            pass  # not every record has every name
    return [[record.get(name) for record in records] for name in names]


def _column(values: Sequence[Any]) -> pa.Array:
    types = set(map(type, values)) - {type(None)}
    if len(types) <= 1:
        only = next(iter(types), str)
        try:
            if only in _TYPES:
                return pa.array(values, _TYPES[only])
        except (OverflowError, UnicodeEncodeError):
            pass  # an integer beyond 64 bits, or text that is no Unicode: value by value, below
    return _union(values)


def _union(values: Sequence[Any]) -> pa.Array:
    kinds = [*_TYPES.values(), _OTHER]
    children: list[list[Any]] = [[None] * len(values) for _ in kinds]
    codes = np.zeros(len(values), np.int8)
    for at, value in enumerate(values):
        if value is not None:
            child, placed = _place(value)
            codes[at], children[child][at] = child, placed
    arrays = [pa.array(child, kind) for child, kind in zip(children, kinds, strict=True)]
    return pa.UnionArray.from_sparse(pa.array(codes), arrays, [str(kind) for kind in kinds])


def _place(value: Any) -> tuple[int, Any]:
    """Return which child of the union a value belongs in, and as what."""
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            return 4, b"?"
        return 0, value
    if isinstance(value, bool):
        return 1, value
    if isinstance(value, int):
        beyond = sys.float_info.max if value > 0 else -sys.float_info.max
        return (2, value) if -(2**63) <= value < 2**63 else (3, beyond)
    return (3, value) if isinstance(value, float) else (4, b"?")


def _transactions(file: Path) -> Iterator[Element]:
    """Yield each transaction element, and drop it from the tree once used, so that memory stays flat."""
    open_elements: list[Element] = []
    try:
        for event, element in iterparse(str(file), events=("start", "end"), forbid_dtd=True):
            if event == "start":
                open_elements.append(element)
                continue
            open_elements.pop()
            if element.tag.rpartition("}")[2] == _TRANSACTION:
                yield element
                open_elements[-1].remove(element)
    except (ParseError, DefusedXmlException) as error:
        raise OSError(f"not well-formed, or with forbidden declarations ({type(error).__name__})") from error


def _path(column: str) -> tuple[str, str | None]:
    steps, _, attribute = column.partition("/@")
    return "/".join("{*}" + step for step in steps.split("/")), attribute or None


def _text(element: Element, path: str, attribute: str | None) -> str | None:
    found = element.find(path)
    if found is None:
        return None
    return found.get(attribute) if attribute else found.text


def _xml_batch(records: list[dict[str, Any]], columns: Sequence[str], last: int) -> Records:
    table = {column: pa.array([record[column] for record in records], pa.string()) for column in columns}
    return table, np.arange(last - len(records) + 1, last + 1), np.zeros(0, np.int64), None
