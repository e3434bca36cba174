"""From a canary to its next step: run it on a schedule. Wiring only: what a step does is in the job of its name."""

from kfp import dsl

from pixguard.steps.advance_canary import advance_canary as judge_canary
from pixguard.steps.placement import placed, with_release
from pixguard.steps.record_outcome import record_outcome

RUN = dsl.PIPELINE_JOB_ID_PLACEHOLDER


@dsl.pipeline(name="advance-canary", description="Live evidence in, one decision on the canary out, as a commit.")
def advance_canary(
    git: str,
    environment: str = "dev",
    prometheus: str = "http://prometheus-operated.pixguard-monitoring.svc.cluster.local:9090",
    endpoint: str = "http://pix-fraud-{version}-predictor.pixguard.svc.cluster.local",
    decisions: str = "/lake/decisions",
    labels: str = "/lake/labels",
    journal: str = "/lake/advance",
    rules: str = "",
    github: str = "",
    watch_s: int = 0,
    lake: str = "/lake",
) -> None:
    """One decision a run, or one after the other for `watch_s` seconds; two runs at once take each step once."""
    ended = record_outcome(lake=lake, run=RUN, pipeline="advance_canary")
    placed(ended, "Record how the run ended", cpu="500m", memory="512Mi", retries=3, cached=False)
    with dsl.ExitHandler(ended, name="release"):
        judged = judge_canary(environment=environment, git=git, prometheus=prometheus, endpoint=endpoint,
                              decisions=decisions, labels=labels, journal=journal, rules=rules, github=github,
                              watch_s=watch_s)  # fmt: skip
        with_release(placed(judged, "Advance canary", cpu="1", memory="1Gi", retries=2, cached=False))
