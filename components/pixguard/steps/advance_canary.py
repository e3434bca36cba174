"""Step: judge the canary of an environment and take its next step; an ended canary is an answer, not a failure."""

from kfp import dsl

from pixguard.steps.component import train_step


@train_step
def advance_canary(
    environment: str,
    git: str,
    prometheus: str,
    endpoint: str,
    decisions: str,
    labels: str,
    journal: str,
    rules: str,
    github: str,
    watch_s: int,
    numbers: dsl.Output[dsl.Metrics],
    report: dsl.Output[dsl.Markdown],
) -> str:
    """Return what it came to: none, hold, waiting, advance, promote or rollback; empty texts are what there is not."""
    from pathlib import Path

    from pixguard.evidence import Gatherer, Prometheus
    from pixguard.jobs import advance_canary as job
    from pixguard.release.place import Place
    from pixguard.steps.numbers import log_numbers

    log, known = (Path(each) if each else None for each in (decisions, labels))
    place = Place(environment, git, author="pixguard advance-canary", github=github)
    gatherer = Gatherer(Prometheus(prometheus, endpoint), decisions=log, labels=known, journal=Path(journal))
    bounds = job.read_rules(Path(rules) if rules else None)
    step = job.run(place=place, gatherer=gatherer, rules=bounds, watch_s=watch_s, every_s=15)
    log_numbers(numbers, percent=step.percent)
    Path(report.path).write_text("\n".join([f"# {step}", "", *(f"- {reason}" for reason in step.reasons)]))
    return step.action
