"""History's features for training and history's state for serving, from the same payments. Wiring only.

For a new declaration (a new feature set): the sets that serve have views of their own and are not touched.
"""

from kfp import dsl

from pixguard.steps.backfill_state import backfill_state
from pixguard.steps.build_features import build_features
from pixguard.steps.placement import placed
from pixguard.steps.record_outcome import record_outcome
from pixguard.steps.validate_features import validate_features
from pixguard.steps.validate_payments import validate_payments

RUN = dsl.PIPELINE_JOB_ID_PLACEHOLDER


@dsl.pipeline(name="backfill-features", description="Features and online state of history, up to a cut.")
def backfill_features(
    lake: str = "/lake",
    feature_set: str = "pix",
    online_store: str = "",
    cut: str = "",
    as_of: str = "",
    cores: int = 2,
) -> None:
    """The stream takes over at the cut that the last step returns, also one that runs already.

    `online_store` empty: PIXGUARD_ONLINE_STORE of the image's environment, as an address with a password should be.
    """
    ended = record_outcome(lake=lake, run=RUN, pipeline="backfill_features")
    placed(ended, "Record how the run ended", cpu="500m", memory="512Mi", retries=3, cached=False)
    with dsl.ExitHandler(ended, name="backfill"):
        # Nothing is cached: no step says here which snapshot the lake is at.
        checked = validate_payments(lake=lake, as_of=as_of, snapshot="")
        placed(checked, "Validate payments", cpu="2", memory="4Gi", cached=False)

        built = build_features(lake=lake, feature_set=feature_set, cores=cores, snapshot=checked.outputs["Output"])
        placed(built, "Build features", cpu="2", memory="6Gi", retries=1, cached=False)

        sound = validate_features(lake=lake, feature_set=feature_set, snapshot=built.outputs["Output"])
        placed(sound, "Validate features", cpu="2", memory="4Gi", cached=False)

        loaded = backfill_state(lake=lake, feature_set=feature_set, online_store=online_store, cut=cut, cores=cores,
                                snapshot=sound.outputs["Output"])  # fmt: skip
        placed(loaded, "Backfill state", cpu="2", memory="6Gi", retries=1, cached=False)
