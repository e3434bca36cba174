"""The job as a process: it ends as the application ends, and takes it away when told to stop."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from pixguard.errors import UsageError
from pixguard.features import FEATURE_SETS
from pixguard.jobs.run_spark_application import kfp_run, run
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
    told = {"PIXGUARD_SPARK_IMAGE": "registry/spark@sha256:0", "PIXGUARD_SPARK_EVENTS": "s3a://lake/events"}
    environment = {**os.environ, "KUBECONFIG": str(path), "KFP_POD_NAME": "step", "KFP_POD_UID": "u1", **told}
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
    assert made["spec"]["image"] == "registry/spark@sha256:0"
    assert made["spec"]["sparkConf"]["spark.eventLog.dir"] == "s3a://lake/events"
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


@pytest.mark.parametrize(
    "pod", ["train-model-x7k2p-system-container-impl-1234", "train-model-x7k2p-retry-system-container-impl-9"]
)
def test_every_try_of_a_step_is_of_one_run(pod: str) -> None:
    assert kfp_run(pod) == "train-model-x7k2p"


def test_a_run_must_be_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KFP_POD_NAME", raising=False)
    with pytest.raises(UsageError, match="KFP_POD_NAME"):
        run(job="build_features", arguments=[])


def test_features_may_be_built_by_an_application_of_their_own(
    kubernetes: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pixguard.jobs import build_features

    def operator(**asked: object) -> str:
        """Do what the application would do, with fewer machines."""
        assert asked["job"] == "build_features"
        assert asked["max_executors"] == 9
        assert asked["arguments"] == ["--lake", str(tmp_path), "--feature-set", "pix", "--start", "2026-01-02"]
        for view in FEATURE_SETS["pix"].by_view():
            folder = tmp_path / "features" / view / "event_date=2026-01-02"
            folder.mkdir(parents=True)
            pq.write_table(pa.table({"x": [1, 2, 3]}), folder / "part.parquet")
        (tmp_path / "features" / "feature_set.json").write_text('{"left_out": ["payer_x"]}')
        return "application"

    monkeypatch.setattr("pixguard.jobs.run_spark_application.run", operator)
    built = build_features.run(lake=tmp_path, start=date(2026, 1, 2), executors=9)
    assert set(built.rows.values()) == {3}
    assert built.left_out == ("payer_x",)
