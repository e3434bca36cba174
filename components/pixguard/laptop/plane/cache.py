"""Versions brought from the store into folders that never change: there whole, or not there."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from pixguard.laptop.plane import rules
from pixguard.laptop.plane.errors import FetchError
from pixguard.laptop.plane.folder import Folder
from pixguard.laptop.plane.process import INHERITED, MARK
from pixguard.laptop.plane.rules import Wanted
from pixguard.provenance.files import appearing_folder

# KServe's own storage code, in a process of its own as its init container is: its settings are environment variables.
_FETCH = "import sys; from kserve_storage import Storage; Storage.download(sys.argv[1], sys.argv[2])"
TIMEOUT_S = 600


@dataclass
class _Fetch:
    running: Future[Path] | None = None
    failures: int = 0
    again: float = 0.0
    error: str = ""


class Cache:
    """Fetches wanted versions in the background; a failed one is tried again later, ever more rarely."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._pool = ThreadPoolExecutor(2, thread_name_prefix="fetch")
        self._fetches: dict[str, _Fetch] = {}
        for part in folder.versions.glob("*/.*.part"):  # of a plane that was killed
            shutil.rmtree(part, ignore_errors=True)

    def get(self, wanted: Wanted, s3: Mapping[str, str]) -> Path | None:
        """Return the version's folder, or None while it is being fetched."""
        path = self.path(wanted)
        if path.exists():
            self._fetches.pop(wanted.uri, None)
            return path
        fetch = self._fetches.setdefault(wanted.uri, _Fetch())
        if fetch.running is None and time.monotonic() >= fetch.again:
            fetch.running = self._pool.submit(self._bring, wanted, dict(s3))
        elif fetch.running is not None and fetch.running.done():
            error = fetch.running.exception()
            fetch.running = None
            if error is not None:
                fetch.failures += 1
                fetch.again = time.monotonic() + rules.wait_s(fetch.failures + 1)
                fetch.error = f"{wanted.name} could not be fetched from {wanted.uri}: {error}"
        return None

    def error(self, wanted: Wanted) -> str:
        """Return why the version is not here, empty where nothing is wrong."""
        fetch = self._fetches.get(wanted.uri)
        return fetch.error if fetch else ""

    def path(self, wanted: Wanted) -> Path:
        """Return where a version lies: by its address, so that a name used again elsewhere is not mistaken for it."""
        return self._folder.versions / hashlib.sha256(wanted.uri.encode()).hexdigest()[:16] / wanted.name

    def close(self) -> None:
        """Wait for no fetch; one that is running ends by itself."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _bring(self, wanted: Wanted, s3: Mapping[str, str]) -> Path:
        path = self.path(wanted)
        with contextlib.suppress(FileExistsError), appearing_folder(path) as hidden:
            _download(wanted.uri, hidden, s3, str(self._folder.root))
            for each in hidden.rglob("*"):
                each.chmod(0o555 if each.is_dir() else 0o444)
        return path


def _download(uri: str, target: Path, s3: Mapping[str, str], mark: str) -> None:
    env = {key: os.environ[key] for key in INHERITED if key in os.environ} | {
        MARK: mark,
        "AWS_ENDPOINT_URL": s3["endpoint"],
        "AWS_ACCESS_KEY_ID": s3["access_key"],
        "AWS_SECRET_ACCESS_KEY": s3["secret_key"],
        "AWS_DEFAULT_REGION": s3["region"],
        "AWS_EC2_METADATA_DISABLED": "true",
        "S3_MAX_FILE_CONCURRENCY": "2",
        "S3_CONNECT_TIMEOUT": "5",
    }
    command = [sys.executable, "-c", _FETCH, uri, str(target)]
    try:
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)  # noqa: S603
    except subprocess.TimeoutExpired as error:
        raise FetchError(f"not done in {TIMEOUT_S} s") from error
    if done.returncode:
        raise FetchError((done.stderr.strip().splitlines() or ["no reason given"])[-1])
