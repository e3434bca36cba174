"""One feature service a model: exactly the aggregates of its feature set."""

from feast import FeatureService
from views import FEATURE_VIEWS

from pixguard.feature_service import service_name
from pixguard.features import FEATURE_SETS

SERVICES = {
    feature_set.name: FeatureService(
        name=service_name(feature_set),
        features=[FEATURE_VIEWS[feature_set.name, view] for view in feature_set.by_view()],
        description=f"What the {feature_set.name} model knows of the past.",
    )
    for feature_set in FEATURE_SETS.values()
}
# Feast registers what it finds among a module's names.
globals().update({service.name: service for service in SERVICES.values()})
