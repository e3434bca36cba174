"""The job as a process: it ends as the application ends, and takes it away when told to stop."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.spark_application.cluster import NAMESPACE, Cluster, cluster


@pytest.fixture
def kubernetes() -> Iterator[Cluster]:
    with cluster() as server:
        yield server


@pytest.fixture
def started(kubernetes: Cluster, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    context = {"name": "test", "context": {"cluster": "test", "user": "test"}}
    servers = [{"name": "test", "cluster": {"server": f"http://127.0.0.1:{kubernetes.server_port}"}}]
    users = [{"name": "test", "user": {}}]
    path = tmp_path / "kubeconfig"
    path.write_text(yaml.safe_dump({"clusters": servers, "contexts": [context], "users": users,
                                    "current-context": "test"}))  # fmt: skip
    kubernetes.states = ["RUNNING"]
    command = [sys.executable, "-m", "pixguard.jobs.run_spark_application", "--run", "r1", "build_features"]
    environment = {**os.environ, "KUBECONFIG": str(path), "KFP_POD_NAME": "step", "KFP_POD_UID": "u1"}
    process = subprocess.Popen([*command, "--lake", "/lake"], env=environment, stderr=subprocess.PIPE, text=True)
    try:
        deadline = time.monotonic() + 60
        while not kubernetes.count("GET"):
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield process
    finally:
        process.kill()
        process.communicate()


def test_it_ends_with_the_application(kubernetes: Cluster, started: subprocess.Popen[str]) -> None:
    (made,) = kubernetes.held.values()
    assert made["spec"]["arguments"] == ["--lake", "/lake"]
    assert made["metadata"]["namespace"] == NAMESPACE
    assert made["metadata"]["ownerReferences"][0]["uid"] == "u1"
    kubernetes.log = (200, "the reason\n")
    kubernetes.states = ["FAILED"]
    _, said = started.communicate(timeout=60)
    assert started.returncode == 1
    assert said.rstrip().endswith("the reason")


def test_sigterm_takes_the_application_away(kubernetes: Cluster, started: subprocess.Popen[str]) -> None:
    started.send_signal(signal.SIGTERM)
    started.communicate(timeout=60)
    assert started.returncode != 0
    assert kubernetes.held == {}
