"""From what was decided to what it was worth: run it each night. Wiring only: steps do what their jobs do.

Its report.json is what a trigger of retraining reads; metrics.prom is for the node exporter's textfile collector.
"""

from kfp import dsl

from pixguard.steps.ingest_labels import ingest_labels
from pixguard.steps.placement import placed, with_public_key
from pixguard.steps.record_outcome import record_outcome
from pixguard.steps.watch_decisions import watch_decisions

RUN = dsl.PIPELINE_JOB_ID_PLACEHOLDER


@dsl.pipeline(name="watch-model", description="Decisions and verdicts in, drift, performance and fairness out.")
def watch_model(
    decisions: str = "/lake/decisions",
    verdicts: str = "",
    lake: str = "/lake",
    versions: str = "/lake/models/versions",
    public_key: str = "/lake/keys/signing.pem.pub",
    out: str = "/lake/watch",
    until: str = "",
    maturity_days: int = 30,
    rules: str = "",
    cores: int = 2,
) -> None:
    """Without `verdicts` only decisions are taken; `until` empty judges all days before today."""
    ended = record_outcome(lake=lake, run=RUN, pipeline="watch_model")
    placed(ended, "Record how the run ended", cpu="500m", memory="512Mi", retries=3, cached=False)
    with dsl.ExitHandler(ended, name="watch"):
        joined = ingest_labels(decisions=decisions, verdicts=verdicts, lake=lake)
        placed(joined, "Ingest labels", cpu="2", memory="4Gi", retries=1, cached=False)

        looked = watch_decisions(decisions=decisions, out=out, versions=versions, public_key=public_key,
                                 lake=joined.outputs["Output"], until=until, maturity_days=maturity_days, rules=rules,
                                 cores=cores)  # fmt: skip
        with_public_key(placed(looked, "Watch decisions", cpu="2", memory="8Gi", retries=1, cached=False))
