"""Spark on the cluster: the nightly job is the step's, the stream comes back, and what must not move does not."""

import os
import shutil
import subprocess
from importlib.metadata import version
from pathlib import Path

import pytest

from pixguard.spark_application import Request, application

from .rendering import ROOT, everything, one


def test_the_nightly_backfill_is_what_a_step_would_create() -> None:
    nightly = one(everything(), "ScheduledSparkApplication")["spec"]
    asked = Request("build_features", ("--lake=/lake", "--feature-set=pix"), "nightly", "pixguard-pipelines")
    made = application(asked)
    assert nightly["template"] == made["spec"], "put application(…)['spec'] into manifests/streaming/backfill.yaml"
    assert nightly["concurrencyPolicy"] == "Forbid"


def test_the_stream_comes_back_from_its_checkpoint_on_nodes_that_stay() -> None:
    stream = one(everything(), "SparkApplication", "stream-features")["spec"]
    assert stream["restartPolicy"]["type"] == "Always"
    assert any(argument.startswith("--checkpoint=s3a://") for argument in stream["arguments"])
    assert stream["sparkConf"]["spark.dynamicAllocation.enabled"] == "false"
    for role in ("driver", "executor"):
        assert stream[role]["nodeSelector"] == {"karpenter.sh/capacity-type": "on-demand"}


def test_a_batchs_driver_stays_and_its_executors_may_go() -> None:
    made = application(Request("build_features", (), "r", "n"))["spec"]
    assert made["driver"]["nodeSelector"] == {"karpenter.sh/capacity-type": "on-demand"}
    assert made["executor"]["nodeSelector"] == {"karpenter.sh/capacity-type": "spot"}
    assert made["sparkConf"]["spark.decommission.enabled"] == "true"
    assert made["restartPolicy"]["onFailureRetries"] == 0, "a second try is the step's to decide"


def test_spark_is_of_one_version_everywhere() -> None:
    for found in everything():
        if found["kind"] in {"SparkApplication", "ScheduledSparkApplication"}:
            assert found["spec"].get("template", found["spec"])["sparkVersion"] == version("pyspark")


CRDCHECK = Path(os.environ.get("CRDCHECK", ""))


@pytest.mark.skipif(not CRDCHECK.is_file(), reason="CRDCHECK names no checker of custom resources")
@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        (("minReplicas", "minReplica"), 'unknown field "spec.predictor.minReplica"'),
        (("trafficPercent: 0", "trafficPercent: 101"), "trafficPercent"),
    ],
)
def test_a_misspelt_field_of_a_custom_resource_is_rejected(tmp_path: Path, mistake: tuple[str, str], said: str) -> None:
    shutil.copytree(ROOT / "manifests" / "serving", tmp_path / "serving")
    service = tmp_path / "serving" / "inference_service.yaml"
    canary = "  canary:\n    - trafficPercent: 0\n      predictor:\n        name: v0123456789ab\n"
    service.write_text((service.read_text() + canary).replace(*mistake))
    done = subprocess.run([CRDCHECK, service], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert said in done.stdout
