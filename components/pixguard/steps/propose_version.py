"""Step: propose the version that a run kept, as a canary at 0 %; a run that the gate ended proposes nothing."""

from pixguard.steps.component import train_step


@train_step
def propose_version(models: str, signing_key: str, environment: str, git: str, github: str, run: str) -> str:
    """Propose what the run `run` registered; returns the commit or the pull request, nothing where there is none."""
    from pathlib import Path

    from pixguard.jobs import propose_version as job
    from pixguard.release.place import Place

    place = Place(environment, git, author="pixguard retrain-model", github=github)
    kept = job.registered(Path(models), run)
    written = job.run(version=kept, place=place, public_key=Path(f"{signing_key}.pub"))
    return (written.url or written.commit) if written else "nothing to propose"
