"""The views, derived from the declarations: finished features of payments (offline), state of keys (online)."""

from datetime import timedelta

from entities import STATE_ENTITIES, payment
from feast import FeatureView, Field
from feast.types import Bytes, Int64
from sources import STATE_SOURCES, VIEW_SOURCES

from pixguard.declaration import Aggregate, FeatureSet
from pixguard.feature_service import state_entities, state_name, view_name
from pixguard.features import FEATURE_SETS

# A row of features belongs to one payment and bears its time: nothing older can match, so nothing older is read.
ROW_TTL = timedelta(days=1)


def declared(one: Aggregate) -> Field:
    """Return the field of an aggregate; its tags are the declaration."""
    tags = {"window": one.window, "hop": one.hop, "delay": one.delay, "operation": one.operation, "of": one.column}
    return Field(name=one.name, dtype=Int64, tags={name: value for name, value in tags.items() if value})


def feature_view(feature_set: FeatureSet, view: str) -> FeatureView:
    """Return a view of finished features, one row for each payment."""
    return FeatureView(
        name=view_name(feature_set, view),
        entities=[payment],
        ttl=ROW_TTL,
        schema=[declared(one) for one in feature_set.by_view()[view]],
        source=VIEW_SOURCES[feature_set.name, view],
        online=False,
        description=f"What is known of a payment's {view} before it, for the {feature_set.name} model.",
    )


def state_view(feature_set: FeatureSet, entity: str) -> FeatureView:
    """Return the online state of an entity: its tiles, and the time of its newest event in microseconds UTC."""
    return FeatureView(
        name=state_name(feature_set, entity),
        entities=[STATE_ENTITIES[entity]],
        ttl=timedelta(0),  # the tiles know their own age
        schema=[Field(name="tiles", dtype=Bytes), Field(name="newest_event_us", dtype=Int64)],
        source=STATE_SOURCES[feature_set.name, entity],
        online=True,
        description=f"Tiles of one {entity}, pushed by the stream, merged at the request's own time.",
    )


FEATURE_VIEWS = {(fs.name, view): feature_view(fs, view) for fs in FEATURE_SETS.values() for view in fs.by_view()}
STATE_VIEWS = {(fs.name, one): state_view(fs, one) for fs in FEATURE_SETS.values() for one in state_entities(fs)}
# Feast registers what it finds among a module's names.
globals().update({view.name: view for view in (*FEATURE_VIEWS.values(), *STATE_VIEWS.values())})
