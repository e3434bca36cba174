"""From the watch's report to a proposed successor: run it each night after watch_model. Wiring only.

Training is the pipeline train_model itself, gate included; only Git changes what serves. Every night leaves a record of
why it trained or did not (`pixguard retraining`).
"""

from kfp import dsl

from pixguard.steps.decide_retraining import decide_retraining
from pixguard.steps.placement import placed, with_release, with_signing_key
from pixguard.steps.propose_version import propose_version
from pixguard.steps.record_outcome import record_outcome
from pixguard.steps.runs.definition import load_pipeline

RUN = dsl.PIPELINE_JOB_ID_PLACEHOLDER
train_model = load_pipeline("train_model")


@dsl.pipeline(name="retrain-model", description="The watch's report in, and where it is time, a proposed version out.")
def retrain_model(
    git: str,
    input: str,
    labels: str = "",
    mapping: str = "pix",
    environment: str = "dev",
    github: str = "",
    watched: str = "/lake/watch",
    ledger: str = "/lake/retraining",
    rules: str = "",
    day: str = "",
    as_of: str = "",
    lake: str = "/lake",
    models: str = "/lake/models",
    train_days: int = 0,
    judge_days: int = 7,
    maturity_days: int = 7,
    gate_rules: str = "",
    policy: str = "",
    tracking_uri: str = "sqlite:////lake/mlflow/mlflow.db",
    experiment: str = "pixguard",
    signing_key: str = "/lake/keys/signing.pem",
    cores: int = 2,
    executors: int = 0,
) -> None:
    """`rules` bound the retraining, `gate_rules` the gate; the last `judge_days` that have matured judge."""
    ended = record_outcome(lake=lake, run=RUN, pipeline="retrain_model")
    placed(ended, "Record how the run ended", cpu="500m", memory="512Mi", retries=3, cached=False)
    with dsl.ExitHandler(ended, name="retraining"):
        decided = decide_retraining(watched=watched, models=models, signing_key=signing_key, ledger=ledger,
                                    environment=environment, git=git, tracking_uri=tracking_uri, experiment=experiment,
                                    day=day, rules=rules, run=RUN)  # fmt: skip
        with_signing_key(placed(decided, "Decide retraining", cpu="1", memory="1Gi", retries=2, cached=False))

        with dsl.If(decided.outputs["Output"] == "train", name="it is time"):
            trained = train_model(input=input, labels=labels, mapping=mapping, as_of=as_of, lake=lake, models=models,
                                  train_days=train_days, judge_days=judge_days, maturity_days=maturity_days,
                                  rules=gate_rules, policy=policy, tracking_uri=tracking_uri, experiment=experiment,
                                  signing_key=signing_key, promote="never", cores=cores,
                                  executors=executors)  # fmt: skip
            trained.set_caching_options(False)
            proposed = propose_version(models=models, signing_key=signing_key, environment=environment, git=git,
                                       github=github, run=RUN).after(trained)  # fmt: skip
            with_release(placed(proposed, "Propose version", cpu="1", memory="1Gi", retries=2, cached=False))
            with_signing_key(proposed)
