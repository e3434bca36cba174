from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pixguard.evidence import SourceError
from pixguard.evidence.labels import known_labels

NOW = datetime(2026, 1, 10, tzinfo=UTC)


def test_only_labels_that_are_known_by_now_count(tmp_path: Path) -> None:
    table = pa.table(
        {
            "end_to_end_id": ["a", "b", "c"],
            "is_fraud": [True, False, True],
            "known_at": pa.array([NOW - timedelta(days=1), NOW, NOW + timedelta(seconds=1)], pa.timestamp("us", "UTC")),
        }
    )
    (tmp_path / "event_date=2026-01-01").mkdir()
    pq.write_table(table, tmp_path / "event_date=2026-01-01" / "part.parquet")
    assert known_labels(tmp_path, NOW) == {"a": True, "b": False}


def test_labels_that_are_none_are_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "x.parquet").write_text("no")
    for path in (tmp_path / "x.parquet", tmp_path / "nowhere"):
        with pytest.raises(SourceError, match="wanted Parquet"):
            known_labels(path, NOW)
