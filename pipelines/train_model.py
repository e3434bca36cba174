"""From raw payments to a registered model version. Wiring only: what a step does is in the job of its name."""

from kfp import dsl

from pixguard.steps.build_features import build_features
from pixguard.steps.build_training_set import build_training_set
from pixguard.steps.ingest_payments import ingest_payments
from pixguard.steps.judge_model import judge_model
from pixguard.steps.placement import placed, with_keys, with_signing_key, with_spark
from pixguard.steps.record_outcome import record_outcome
from pixguard.steps.register_model import register_model
from pixguard.steps.train_model import train_model as fit_model
from pixguard.steps.validate_features import validate_features
from pixguard.steps.validate_payments import validate_payments

RUN = dsl.PIPELINE_JOB_ID_PLACEHOLDER


@dsl.pipeline(name="train-model", description="Raw payments in, a proven and signed model version out.")
def train_model(
    input: str,
    labels: str = "",
    mapping: str = "pix",
    keys: str = "",
    lake: str = "/lake",
    models: str = "/lake/models",
    feature_set: str = "pix",
    as_of: str = "",
    start: str = "2000-01-01",
    end: str = "2100-01-01",
    cut_off: str = "",
    maturity_days: int = 7,
    train_days: int = 0,
    judge_days: int = 0,
    epochs: int = 10,
    seed: int = 7,
    rules: str = "",
    policy: str = "",
    tracking_uri: str = "sqlite:////lake/mlflow/mlflow.db",
    experiment: str = "pixguard",
    signing_key: str = "/lake/keys/signing.pem",
    promote: str = "first",
    cores: int = 2,
    executors: int = 0,
) -> None:
    """Paths lie on the shared volume; a gate may end the run; `executors` gives Spark an application of its own."""
    ended = record_outcome(lake=lake, run=RUN, pipeline="train_model")
    placed(ended, "Record how the run ended", cpu="500m", memory="512Mi", retries=3, cached=False)
    with dsl.ExitHandler(ended, name="training"):
        taken = ingest_payments(input=input, labels=labels, mapping=mapping, keys=keys, lake=lake)
        with_keys(placed(taken, "Ingest payments", cpu="2", memory="4Gi", retries=1, cached=False))

        checked = validate_payments(lake=lake, as_of=as_of, snapshot=taken.outputs["Output"])
        placed(checked, "Validate payments", cpu="2", memory="4Gi", cached=False)

        built = build_features(lake=lake, feature_set=feature_set, cores=cores, executors=executors,
                               snapshot=checked.outputs["Output"])  # fmt: skip
        with_spark(placed(built, "Build features", cpu="2", memory="6Gi", retries=1))

        sound = validate_features(lake=lake, feature_set=feature_set, snapshot=built.outputs["Output"])
        placed(sound, "Validate features", cpu="2", memory="4Gi")

        gathered = build_training_set(lake=lake, feature_set=feature_set, start=start, end=end, models=models,
                                      run=RUN, snapshot=sound.outputs["Output"])  # fmt: skip
        placed(gathered, "Build training set", cpu="2", memory="4Gi")

        trained = fit_model(rows=gathered.outputs["Output"], lake=lake, feature_set=feature_set, cut_off=cut_off,
                            maturity_days=maturity_days, train_days=train_days, judge_days=judge_days, epochs=epochs,
                            seed=seed, run=RUN, models=models, tracking_uri=tracking_uri, experiment=experiment,
                            policy=policy, signing_key=signing_key)  # fmt: skip
        placed(trained, "Train model", cpu="2", memory="6Gi", retries=1, cached=False)  # the champion may be another
        with_signing_key(trained)

        judged = judge_model(trained=trained.outputs["Output"], rules=rules)
        placed(judged, "Judge model", cpu="2", memory="4Gi", cached=False)

        with dsl.If(judged.outputs["Output"] == "passed", name="the gate passed"):
            kept = register_model(trained=trained.outputs["Output"], models=models, run=RUN, signing_key=signing_key,
                                  tracking_uri=tracking_uri, experiment=experiment, promote=promote)  # fmt: skip
            with_signing_key(placed(kept, "Register model", cpu="1", memory="2Gi", retries=2, cached=False))
