"""A real bare repository with overlays, and what people do to it."""

from __future__ import annotations

import subprocess
from pathlib import Path

from pixguard.overlay import Placed

STABLE = Placed("v000000000001", "s3://models/pix-fraud/v000000000001/")
OTHER = Placed("v000000000002", "s3://models/pix-fraud/v000000000002/")
OVERLAY = f"""\
# Written by pixguard's release, never by hand.
- op: replace
  path: /spec/predictor/name
  value: {STABLE.name}
- op: replace
  path: /spec/predictor/model/storageUri
  value: {STABLE.uri}
"""


def path_of(env: str) -> str:
    return f"kustomize/overlays/{env}/model.yaml"


def git(folder: Path, *arguments: str) -> str:
    settings = ["-c", "user.name=Ana", "-c", "user.email=ana@example.com", "-c", "init.defaultBranch=main"]
    done = subprocess.run(
        ["git", *settings, *arguments], cwd=folder, capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout.strip()


def make_repository(folder: Path, text: str = OVERLAY) -> Path:
    """Make <folder>/release.git with one commit on main."""
    work = folder / "seed"
    work.mkdir(parents=True)
    git(work, "init", "--quiet")
    for env in ("laptop", "prod"):
        path = work / path_of(env)
        path.parent.mkdir(parents=True)
        path.write_text(text)
    (work / "README.md").write_text("release\n")
    git(work, "add", "-A")
    git(work, "commit", "--quiet", "-m", "seed")
    git(folder, "clone", "--quiet", "--bare", str(work), "release.git")
    return folder / "release.git"


def by_hand(bare: Path, scratch: Path, path: str, text: str, message: str) -> str:
    """Commit as a person would, from a clone; returns the commit."""
    git(scratch.parent, "clone", "--quiet", str(bare), scratch.name)
    (scratch / path).write_text(text)
    git(scratch, "commit", "--quiet", "-am", message)
    git(scratch, "push", "--quiet", "origin", "HEAD:main")
    return git(scratch, "rev-parse", "HEAD")


def shown(bare: Path, env: str = "laptop", at: str = "main") -> str:
    return git(bare, "show", f"{at}:{path_of(env)}") + "\n"
