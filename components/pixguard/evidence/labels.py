"""Labels as they become known: which decisions of this stage have turned out to be fraud, or honest."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from pixguard.evidence.errors import SourceError


def known_labels(path: Path, now: datetime) -> dict[str, bool]:
    """Return end_to_end_id → whether it is fraud, of labels known by `now`; `path`: Parquet file or folder."""
    try:
        table = ds.dataset(path, format="parquet", partitioning="hive").to_table(
            columns=["end_to_end_id", "is_fraud"],
            filter=pc.field("known_at") <= pa.scalar(now.astimezone(UTC), pa.timestamp("us", "UTC")),
        )
    except (OSError, pa.ArrowException) as error:
        raise SourceError(
            f"labels in {path}: {error}; wanted Parquet with end_to_end_id, is_fraud, known_at"
        ) from error
    return dict(zip(table["end_to_end_id"].to_pylist(), table["is_fraud"].to_pylist(), strict=True))
