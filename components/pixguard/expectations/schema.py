"""The schemas of a lake table's files against the one that was agreed on."""

from collections import Counter
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from pixguard.declaration import Aggregate
from pixguard.lake import LakeError
from pixguard.payment.schema import PAYMENT_SCHEMA

ABSENT = "absent"


def feature_schema(aggregates: tuple[Aggregate, ...]) -> pa.Schema:
    """Return the schema of a feature view's files: key, time, and its aggregates as int64."""
    keys = [PAYMENT_SCHEMA.field("end_to_end_id"), PAYMENT_SCHEMA.field("event_time")]
    return pa.schema([*keys, *(pa.field(one.name, pa.int64()) for one in aggregates)])


def compare_schemas(folder: Path, wanted: pa.Schema, *, more_allowed: bool = False) -> pd.DataFrame:
    """Return one row for each field and type found: `field`, `found`, `wanted`, `files` (how many), `example`.

    LakeError names the folder if it holds no file, or the file that is not Parquet. `more_allowed`: files may hold
    fields that nobody asked for.
    """
    files = sorted(folder.glob("*/*.parquet"))
    if not files:
        raise LakeError(f"{folder} holds no Parquet file: run the job that writes it first")
    seen: Counter[tuple[str, str]] = Counter()
    example: dict[tuple[str, str], str] = {}
    for file in files:
        found = _types(file)
        for name in dict.fromkeys((*wanted.names, *(() if more_allowed else found))):
            key = (name, found.get(name, ABSENT))
            seen[key] += 1
            example.setdefault(key, str(file.relative_to(folder)))
    agreed = {field.name: str(field.type) for field in wanted}
    rows = [(name, found, agreed.get(name, ABSENT), n, example[name, found]) for (name, found), n in seen.items()]
    return pd.DataFrame(rows, columns=["field", "found", "wanted", "files", "example"])


def _types(file: Path) -> dict[str, str]:
    """Return the type of each column of a file, as Arrow writes it."""
    try:
        schema = pq.read_schema(file)
    except (OSError, pa.ArrowInvalid) as error:
        raise LakeError(f"{file} cannot be read as Parquet: remove it and run its job again") from error
    return {field.name: str(field.type).replace("large_string", "string") for field in schema}
