"""Step: is it time to train again? Waiting is an answer, not a failure; either leaves a record of why."""

from kfp import dsl

from pixguard.steps.component import train_step


@train_step
def decide_retraining(
    watched: str, models: str, signing_key: str, ledger: str, environment: str, git: str, tracking_uri: str,
    experiment: str, day: str, rules: str, run: str,
    numbers: dsl.Output[dsl.Metrics],
) -> str:  # fmt: skip
    """Return train or wait, by the watch's report in the folder `watched`. Empty: the day is today, the rules ours."""
    from datetime import date
    from pathlib import Path

    from pixguard.jobs import decide_retraining as job
    from pixguard.registry import Registry
    from pixguard.release.place import Place
    from pixguard.steps.numbers import log_numbers

    champion, on_trial = job.serving(Place(environment, git))
    decided = job.run(report=Path(watched) / "report.json", versions=Path(models) / "versions",
                      public_key=Path(f"{signing_key}.pub"), ledger=Path(ledger), champion=champion,
                      on_trial=on_trial, day=date.fromisoformat(day) if day else None,
                      rules=Path(rules) if rules else None, run_id=run,
                      registry=Registry(tracking_uri, experiment))  # fmt: skip
    log_numbers(numbers, train=int(decided.train), runs_left=decided.record.data["budget"]["left"])
    return "train" if decided.train else "wait"
