"""A Feast offline store that lets DuckDB do its as-of join.

Feast's DuckDB store joins every earlier row of a key and ranks the matches afterwards, with text keys that it makes of
each entity row. This one plans the same question as one `ASOF LEFT JOIN` a view, reads only the columns, keys and times
that the entity rows ask for, and takes the entity rows as a table or as SQL. Everything else, and every source that is
not a local Parquet file, is left to Feast's own store.
"""
# ruff: noqa: S608 (names and literals are quoted; none comes from a request)

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pixguard.quick_feast  # noqa: F401 - before all that imports Feast

# isort: split
import duckdb
import ibis  # type: ignore[import-untyped]
import pandas as pd
import pyarrow as pa
from feast.data_format import ParquetFormat
from feast.feature_view import FeatureView
from feast.infra.offline_stores.duckdb import DuckDBOfflineStore, DuckDBOfflineStoreConfig, _write_data_source
from feast.infra.offline_stores.file_source import FileSource
from feast.infra.offline_stores.ibis import IbisRetrievalJob
from feast.infra.offline_stores.offline_store import RetrievalJob, RetrievalMetadata
from feast.infra.offline_stores.offline_utils import infer_event_timestamp_from_entity_df
from feast.on_demand_feature_view import OnDemandFeatureView

from pixguard.asof import AsOfView, asof_sql, rows_between
from pixguard.sql import quoted

_ENTITY = "entity_rows"
_WORTH_LOOKING_UP = 1.5
_EPOCH = datetime.fromtimestamp(0, UTC)  # the bounds of no rows at all


class AsOfOfflineStoreConfig(DuckDBOfflineStoreConfig):  # type: ignore[misc]
    """Its configuration: that of Feast's DuckDB store."""

    type: str = "pixguard.offline_store.AsOfOfflineStore"


class AsOfOfflineStore(DuckDBOfflineStore):  # type: ignore[misc]
    """Feast's DuckDB store with historical retrieval by `ASOF LEFT JOIN`: no entity row is lost, none is repeated."""

    @staticmethod
    def get_historical_features(  # noqa: PLR0917 (Feast calls it so)
        config: Any,
        feature_views: list[FeatureView],
        feature_refs: list[str],
        entity_df: Any,
        registry: Any,
        project: str,
        full_feature_names: bool = False,
        **options: Any,
    ) -> RetrievalJob:
        """Return the job that joins the views' features to the entity rows, a DataFrame or a SELECT of DuckDB."""
        on_demand = OnDemandFeatureView.get_requested_odfvs(feature_refs, project, registry)
        if options.get("filter_by_created_timestamp") or on_demand or not all(map(_is_plain, feature_views)):
            return DuckDBOfflineStore.get_historical_features(
                config, feature_views, feature_refs, entity_df, registry, project, full_feature_names, **options
            )
        views = [_asof_view(view, feature_refs, config.repo_path, full_feature_names) for view in feature_views]
        return AsOfRetrievalJob(entity_df, views, feature_refs, full_feature_names, str(config.repo_path))


class AsOfRetrievalJob(IbisRetrievalJob):  # type: ignore[misc]
    """One historical retrieval; runs when its rows are asked for, in a DuckDB of its own."""

    def __init__(
        self, entity_df: Any, views: list[AsOfView], feature_refs: list[str], full_feature_names: bool, repo_path: str
    ) -> None:
        super().__init__(None, [], full_feature_names, None, _write_data_source, None, None, repo_path)
        self._entity_df = entity_df
        self._views = views
        self._feature_refs = feature_refs

    @property
    def table(self) -> Any:
        """The rows as a table of ibis, which Feast's own `persist` writes."""
        return ibis.memtable(self._to_arrow_internal())

    @table.setter
    def table(self, value: None) -> None:
        """Feast's constructor sets it; there is nothing to keep."""

    @property
    def metadata(self) -> RetrievalMetadata:
        """The features, the keys of the entity rows and the bounds of their times."""
        with duckdb.connect() as connection:
            columns, time, (first, last) = self._open(connection)
        return RetrievalMetadata(self._feature_refs, [name for name in columns if name != time], first, last)

    def to_sql(self) -> str:
        """Return the query; it reads the entity rows as the table `entity_rows`."""
        with duckdb.connect() as connection:
            return self._plan(connection)

    def _to_arrow_internal(self, timeout: int | None = None) -> pa.Table:  # noqa: ARG002 (as Feast's own)
        with duckdb.connect() as connection:
            return connection.sql(self._plan(connection)).to_arrow_table()

    def _to_df_internal(self, timeout: int | None = None) -> pd.DataFrame:
        frame: pd.DataFrame = self._to_arrow_internal(timeout).to_pandas()
        return frame

    def _plan(self, connection: duckdb.DuckDBPyConnection) -> str:
        columns, time, bounds = self._open(connection)
        views = [self._narrowed(connection, view, bounds) for view in self._views]
        return asof_sql(_ENTITY, columns, time, bounds, views)

    @staticmethod
    def _narrowed(connection: duckdb.DuckDBPyConnection, view: AsOfView, bounds: tuple[datetime, datetime]) -> AsOfView:
        """Say whether to look the keys up first: not where the period holds hardly more rows than are asked for."""
        counts = f"SELECT (SELECT count(*) {rows_between(view, bounds)}), (SELECT count(*) FROM {_ENTITY})"
        ((held, asked),) = connection.sql(counts).fetchall()
        return replace(view, only_keys=held > _WORTH_LOOKING_UP * asked)

    def _open(self, connection: duckdb.DuckDBPyConnection) -> tuple[list[str], str, tuple[datetime, datetime]]:
        """Make the entity rows a table; return its columns, which of them is the time, and the time's bounds."""
        connection.sql("SET TimeZone = 'UTC'")
        connection.sql("SET parquet_metadata_cache = true")  # the plan reads the files' footers before the join does
        if isinstance(self._entity_df, str):
            connection.sql(f"CREATE TABLE {_ENTITY} AS {self._entity_df}")
        else:
            connection.register("given", self._entity_df)  # its texts are Python's: read them once
            connection.sql(f"CREATE TABLE {_ENTITY} AS FROM given")
        few = connection.sql(f"FROM {_ENTITY} LIMIT 0").df()
        time = infer_event_timestamp_from_entity_df(dict(few.dtypes))
        ((first, last),) = connection.sql(f"SELECT min({quoted(time)}), max({quoted(time)}) FROM {_ENTITY}").fetchall()
        return list(few.columns), time, (first or _EPOCH, last or _EPOCH)


def _is_plain(view: FeatureView) -> bool:
    """Tell whether a view reads local Parquet under its own column names, with no creation time to break ties by."""
    source = view.batch_source
    return (
        isinstance(source, FileSource)
        and isinstance(source.file_format, ParquetFormat | None)
        and "://" not in source.path
        and not source.field_mapping
        and not source.created_timestamp_column
    )


def _asof_view(view: FeatureView, feature_refs: list[str], repo_path: Path, full_names: bool) -> AsOfView:
    prefix = f"{view.projection.name_to_use()}:"
    shown = view.projection.name_alias or view.name
    names = [reference.removeprefix(prefix) for reference in feature_refs if reference.startswith(prefix)]
    return AsOfView(
        files=FileSource.get_uri_for_file_path(repo_path, view.batch_source.path),
        time=view.batch_source.timestamp_field,
        keys=view.projection.join_key_map or {one.name: one.name for one in view.entity_columns},
        features={name: f"{shown}__{name}" if full_names else name for name in names},
        ttl=view.ttl or timedelta(0),
    )
