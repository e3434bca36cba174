"""Our offline store in Feast's hands, held against Feast's own DuckDB store on the same questions."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pixguard.quick_feast  # noqa: F401 - before all that imports Feast

# isort: split
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from feast import Entity, FeatureStore, FeatureView, Field, FileSource, ValueType
from feast.data_format import ParquetFormat
from feast.infra.offline_stores.file_source import SavedDatasetFileStorage
from feast.repo_config import RepoConfig
from feast.types import Int64

from pixguard.offline_store import AsOfRetrievalJob

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
FEATURES = ["view:n", "view:m"]
pytestmark = pytest.mark.filterwarnings("ignore:fetch_arrow_table:DeprecationWarning")  # Feast's own store, by ibis


def store(folder: Path, kind: str, created: str = "") -> FeatureStore:
    """A store of one view: key → n, m, every 10 minutes from noon, kept for an hour."""
    times = [NOON + timedelta(minutes=10 * i) for i in range(12)]
    rows = {"key": ["a", "b"] * 6, "time": times, "n": list(range(12)), "m": list(range(100, 112)), "made": times}
    table = pa.table(rows)
    for i, part in enumerate((table.slice(0, 7), table.slice(7))):
        place = folder / "rows" / f"event_date=2026-01-3{i}"
        place.mkdir(parents=True, exist_ok=True)
        pq.write_table(part, place / "part.parquet")
    (folder / kind).mkdir(exist_ok=True)
    config = RepoConfig(
        project="test",
        provider="local",
        registry=str(folder / kind / "registry.db"),
        offline_store={"type": kind},
        online_store={"type": "sqlite", "path": str(folder / kind / "online.db")},
        entity_key_serialization_version=3,
        repo_path=folder,
    )
    source = FileSource(
        path=str(folder / "rows"), timestamp_field="time", file_format=ParquetFormat(), created_timestamp_column=created
    )
    entity = Entity(name="thing", join_keys=["key"], value_type=ValueType.STRING)
    fields = [Field(name=name, dtype=Int64) for name in "nm"]
    view = FeatureView(name="view", entities=[entity], ttl=timedelta(hours=1), schema=fields, source=source)
    opened = FeatureStore(config=config)
    opened.apply([entity, view])
    return opened


@pytest.fixture
def ours(tmp_path: Path) -> FeatureStore:
    return store(tmp_path, "pixguard.offline_store.AsOfOfflineStore")


def entity_rows() -> pd.DataFrame:
    minutes = [-5, 0, 15, 25, 115, 170, 170, 300]
    keys = ["a", "a", "b", "a", "b", "b", "b", "a"]
    times = pd.to_datetime([NOON + timedelta(minutes=minute) for minute in minutes])
    return pd.DataFrame({"key": keys, "event_timestamp": times, "other": range(8)})


def values(job: object) -> list[tuple[object, ...]]:
    frame = job.to_df().sort_values("other")  # type: ignore[attr-defined]
    return [tuple(None if pd.isna(value) else int(value) for value in row) for row in frame[["n", "m"]].to_numpy()]


def test_the_answers_are_those_of_feasts_own_store(ours: FeatureStore, tmp_path: Path) -> None:
    own = values(ours.get_historical_features(entity_rows(), FEATURES))
    stock = values(store(tmp_path, "duckdb").get_historical_features(entity_rows(), FEATURES))
    assert own == stock
    assert own == [(None, None), (0, 100), (1, 101), (2, 102), (11, 111), (11, 111), (11, 111), (None, None)]


def test_entity_rows_may_come_as_sql(ours: FeatureStore) -> None:
    sql = f"SELECT 'a' AS key, TIMESTAMPTZ '{NOON.isoformat()}' + INTERVAL 25 MINUTE AS event_timestamp, 0 AS other"
    assert values(ours.get_historical_features(sql, FEATURES)) == [(2, 102)]


def test_no_rows_in_no_rows_out(ours: FeatureStore) -> None:
    assert ours.get_historical_features(entity_rows().head(0), FEATURES).to_arrow().num_rows == 0


def test_full_names_sql_and_metadata(ours: FeatureStore) -> None:
    job = ours.get_historical_features(entity_rows(), FEATURES, full_feature_names=True)
    assert isinstance(job, AsOfRetrievalJob)
    assert job.to_arrow().column_names == ["key", "event_timestamp", "other", "view__n", "view__m"]
    assert "ASOF LEFT JOIN" in job.to_sql()
    assert (job.metadata.min_event_timestamp, job.metadata.keys) == (NOON - timedelta(minutes=5), ["key", "other"])


def test_times_come_back_as_instants_in_utc(ours: FeatureStore) -> None:
    rows = entity_rows()
    rows["event_timestamp"] = rows["event_timestamp"].dt.tz_convert("America/Sao_Paulo")
    fetched = ours.get_historical_features(rows, FEATURES).to_df().sort_values("other")
    assert fetched["event_timestamp"].tolist() == entity_rows()["event_timestamp"].tolist()


def test_a_result_can_be_kept_as_a_dataset(ours: FeatureStore, tmp_path: Path) -> None:
    job = ours.get_historical_features(entity_rows(), FEATURES)
    job.persist(SavedDatasetFileStorage(path=str(tmp_path / "kept.parquet")))
    assert pq.read_table(tmp_path / "kept.parquet").num_rows == 8


def test_what_it_does_not_know_is_left_to_feast(tmp_path: Path) -> None:
    made = store(tmp_path, "pixguard.offline_store.AsOfOfflineStore", created="made")
    job = made.get_historical_features(entity_rows(), FEATURES)
    assert not isinstance(job, AsOfRetrievalJob)
    assert values(job)[2] == (1, 101)
