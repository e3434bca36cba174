"""Step: propose the version that a run kept, as a canary at 0 %; a run that the gate ended proposes nothing."""

from pixguard.steps.component import train_step


@train_step
def propose_version(models: str, signing_key: str, environment: str, git: str, github: str, run: str) -> str:
    """Propose what the run `run` registered; returns the commit, the pull request, or why there is none."""
    import json
    from pathlib import Path

    from pixguard.jobs import propose_version as job
    from pixguard.release.place import Place

    registered = Path(models) / "runs" / run / "registered.json"
    if not registered.exists():
        return "the gate let nothing pass"
    version = Path(json.loads(registered.read_text(encoding="utf-8"))["folder"])
    place = Place(environment, git, author="pixguard retrain-model", github=github)
    written = job.run(version=version, place=place, public_key=Path(f"{signing_key}.pub"))
    return "on trial already" if written is None else written.url or written.commit
