"""Step: count, judge and measure what was decided; alarms are an answer, not a failure."""

from kfp import dsl

from pixguard.steps.component import train_step


@train_step
def watch_decisions(
    decisions: str,
    out: str,
    versions: str,
    public_key: str,
    lake: str,
    until: str,
    maturity_days: int,
    rules: str,
    cores: int,
    numbers: dsl.Output[dsl.Metrics],
    page: dsl.Output[dsl.HTML],
) -> int:
    """Watch the log and write the report into `out`; returns the alarms of the newest days. `until` empty: today."""
    from pathlib import Path

    from pixguard.jobs import watch_decisions as job
    from pixguard.jobs.arguments import utc_time
    from pixguard.steps.numbers import log_numbers

    looked = job.run(decisions=Path(decisions), out=Path(out), versions=Path(versions), public_key=Path(public_key),
                     lake=Path(lake) if lake else None, until=utc_time(until) if until else None,
                     maturity_days=maturity_days, rules=Path(rules) if rules else None,
                     master=f"local[{cores}]")  # fmt: skip
    log_numbers(numbers, days=looked.counted_days, decisions=looked.counted_rows, alarms=looked.alarms)
    Path(page.path).write_bytes((Path(out) / "report.html").read_bytes())
    return looked.alarms
