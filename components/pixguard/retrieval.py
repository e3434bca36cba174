"""Historical retrieval through Feast, with the proof that every payment came back once and with all its features."""

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pixguard.declaration import FeatureSet
from pixguard.errors import PixguardError, UsageError
from pixguard.feature_service import references, service_name

_SHOWN = 5


class LostRowsError(PixguardError):
    """Payments that a retrieval lost, repeated or found no features for: how many, some of their ids, what to do."""


def retrieve(store: Any, feature_set: FeatureSet, keys: pd.DataFrame) -> pa.Table:
    """Return `end_to_end_id` and the set's aggregates, one row for each row of `keys`, in any order.

    `store` is a Feast FeatureStore; `keys` has `end_to_end_id` (each once) and `event_timestamp` (UTC). LostRowsError
    if the rows that come back are not the rows that went in; UsageError if the set is not what the store knows.
    """
    wanted = [one.name for one in feature_set.aggregates]
    job = store.get_historical_features(entity_df=keys, features=_features(store, feature_set))
    fetched = job.to_arrow().select(["end_to_end_id", *wanted])
    _check_rows(keys["end_to_end_id"], fetched["end_to_end_id"])
    _check_features(fetched, wanted)
    return fetched


def _features(store: Any, feature_set: FeatureSet) -> Any:
    """Return the model's feature service, or of it the references that a reduced set leaves."""
    service = store.get_feature_service(service_name(feature_set))
    projections = service.feature_view_projections
    known = {f"{view.name_to_use()}:{field.name}" for view in projections for field in view.features}
    wanted = references(feature_set)
    missing = sorted(set(wanted) - known)
    if missing:
        raise UsageError(f"{service.name} lacks {', '.join(missing)}: run feast apply with this version of pixguard")
    return service if len(wanted) == len(known) else list(wanted)


def _check_rows(asked: pd.Series, fetched: pa.ChunkedArray) -> None:
    wanted = pa.array(asked, fetched.type)
    places = pc.index_in(wanted, fetched.combine_chunks())
    if len(wanted) == len(fetched) and not places.null_count and np.bincount(places.to_numpy()).max(initial=1) == 1:
        return  # as many rows as ids, and every id has a row of its own
    came = fetched.to_pandas()
    lost, repeated = asked[~asked.isin(came)], came[came.duplicated()]
    raise LostRowsError(
        f"{len(wanted):,} payments were asked for and {len(came):,} rows came back: {len(lost):,} lost "
        f"({_some(lost)}), {len(repeated):,} repeated ({_some(repeated)}). Is every end_to_end_id there once? "
        "Run ingest_payments and build_features again, and never use Feast's dask store"
    )


def _check_features(fetched: pa.Table, names: list[str]) -> None:
    """Aggregates are never null: a null says that the payment has no row in the view."""
    empty = {name: fetched[name].null_count for name in names if fetched[name].null_count}
    if not empty:
        return
    worst = max(empty, key=lambda name: empty[name])
    ids = fetched.filter(pc.is_null(fetched[worst]))["end_to_end_id"].slice(0, _SHOWN).to_pandas()
    raise LostRowsError(
        f"{empty[worst]:,} of {fetched.num_rows:,} payments have no {worst} ({_some(ids)}), and {len(empty)} features "
        "lack values: run build_features for the same payments and period"
    )


def _some(ids: pd.Series) -> str:
    return f"such as {', '.join(map(str, ids.head(_SHOWN)))}" if len(ids) else "none"
