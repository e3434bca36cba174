"""Where features come from: the lake's Parquet for history, pushes of the stream for online state.

PIXGUARD_LAKE names the lake. PIXGUARD_OFFLINE says who reads it: `duckdb` (default) or `spark`.
"""

import os

from feast import FileSource, PushSource
from feast.data_format import ParquetFormat
from feast.data_source import DataSource

from pixguard.declaration import FeatureSet
from pixguard.errors import UsageError
from pixguard.feature_service import state_entities, state_name, view_name
from pixguard.features import FEATURE_SETS


def lake() -> str:
    """Return the lake's address without a slash at its end; UsageError if PIXGUARD_LAKE does not say it."""
    address = os.environ.get("PIXGUARD_LAKE", "").rstrip("/")
    if "://" not in address and not address.startswith("/"):
        found = f"is {address!r}" if address else "is not set"
        raise UsageError(f"PIXGUARD_LAKE {found}: export the lake's absolute folder or its s3a:// address")
    return address


def parquet(name: str, folder: str) -> DataSource:
    """Return the source of a folder of Parquet partitions inside the lake."""
    path = f"{lake()}/{folder}"
    reader = os.environ.get("PIXGUARD_OFFLINE", "duckdb")
    if reader == "duckdb":
        return FileSource(name=name, path=path, timestamp_field="event_time", file_format=ParquetFormat())
    if reader != "spark":
        raise UsageError(f"PIXGUARD_OFFLINE is {reader!r}: set it to duckdb or spark")
    # It imports Spark: only where Spark reads.
    from feast.infra.offline_stores.contrib.spark_offline_store.spark_source import SparkSource  # noqa: PLC0415

    return SparkSource(name=name, path=path, file_format="parquet", timestamp_field="event_time")


def view_source(feature_set: FeatureSet, view: str) -> DataSource:
    """Return the source of a feature view."""
    return parquet(f"{view_name(feature_set, view)}_source", f"features/{view}")


def state_source(feature_set: FeatureSet, entity: str) -> PushSource:
    """Return the source into which the stream pushes an entity's state; Feast wants a place for its history too."""
    name = state_name(feature_set, entity)
    return PushSource(name=f"{name}_push", batch_source=parquet(f"{name}_source", f"{feature_set.name}_state/{name}"))


VIEW_SOURCES = {(fs.name, view): view_source(fs, view) for fs in FEATURE_SETS.values() for view in fs.by_view()}
STATE_SOURCES = {(fs.name, one): state_source(fs, one) for fs in FEATURE_SETS.values() for one in state_entities(fs)}
# Feast registers what it finds among a module's names.
globals().update({source.name: source for source in (*VIEW_SOURCES.values(), *STATE_SOURCES.values())})
