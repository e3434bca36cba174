from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pixguard.datasets.partitions import write_days

TIME = pa.timestamp("us", tz="UTC")


def tables(*batches: list[datetime]) -> list[pa.Table]:
    return [pa.table({"event_time": pa.array(batch, TIME)}) for batch in batches]


def test_a_day_of_utc_is_one_file_even_across_batches(tmp_path: Path) -> None:
    last, first = datetime(2026, 1, 1, 23, 59, 59, 999999, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)
    written = write_days(tables([last, last, first], [], [first, first]), tmp_path, "payments/event_date", "event_time")
    rows = {name.split("/")[1]: pq.read_metadata(path).num_rows for name, path in written.items()}
    assert rows == {"event_date=2026-01-01": 2, "event_date=2026-01-02": 3}


def test_the_same_rows_give_the_same_names_and_bytes(tmp_path: Path) -> None:
    times = [datetime(2026, 1, day, tzinfo=UTC) for day in (1, 2, 3)]
    written = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        written.append(write_days(tables(times), tmp_path / name, "payments/event_date", "event_time"))
    assert list(written[0]) == list(written[1])
    assert [path.read_bytes() for path in written[0].values()] == [path.read_bytes() for path in written[1].values()]


def test_no_rows_give_no_files(tmp_path: Path) -> None:
    assert write_days(tables([]), tmp_path, "payments/event_date", "event_time") == {}
