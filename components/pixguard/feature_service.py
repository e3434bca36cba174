"""How a feature set is called in Feast: its service, its views, the references of its aggregates.

Two sets may declare the same name over different hops, so a view belongs to one set.
"""

import json
from pathlib import Path

from pixguard.declaration import FeatureSet
from pixguard.lake import LakeError


def service_name(feature_set: FeatureSet) -> str:
    """Return the name of a model's feature service, such as `fraud_pix`."""
    return f"fraud_{feature_set.name}"


def view_name(feature_set: FeatureSet, view: str) -> str:
    """Return the Feast name of a feature view, such as `pix_payer`."""
    return f"{feature_set.name}_{view}"


def state_name(feature_set: FeatureSet, entity: str) -> str:
    """Return the name of the online state of an entity (account, device, pair), such as `pix_account_state`."""
    return f"{feature_set.name}_{entity}_state"


def state_entities(feature_set: FeatureSet) -> tuple[str, ...]:
    """Return the entities whose state the set's aggregates need, in order of declaration."""
    return tuple(dict.fromkeys(one.measure.entity for one in feature_set.aggregates))


def references(feature_set: FeatureSet) -> tuple[str, ...]:
    """Return Feast's reference of every aggregate, such as `pix_payer:payer_sent_count_24h`, view by view."""
    views = feature_set.by_view().items()
    return tuple(f"{view_name(feature_set, view)}:{one.name}" for view, aggregates in views for one in aggregates)


def built_set(lake: Path, feature_set: FeatureSet) -> FeatureSet:
    """Return the part of `feature_set` that the lake's features hold: all but what its payments lack columns for.

    LakeError if the lake has no features, or those of another set.
    """
    path = lake / "features" / "feature_set.json"
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        name, columns = record["feature_set"], record["columns"]
    except FileNotFoundError as error:
        raise LakeError(f"{path} does not exist: run build_features first") from error
    except (ValueError, KeyError, TypeError) as error:
        raise LakeError(f"{path} is damaged ({error!r}): run build_features again") from error
    if name != feature_set.name:
        raise LakeError(f"{path.parent} holds the features of {name!r}, not of {feature_set.name!r}: build those first")
    return feature_set.available(columns)
