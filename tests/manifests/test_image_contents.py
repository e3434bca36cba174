"""Every program that a manifest starts finds what it imports in its image; the model server's holds little else."""

import pytest

from .contents import imported, installed, needed
from .rendering import ROOT

SERVED = ("pixguard.predictor.*", "pixguard.decision_log.*", "pixguard.online_store", "pixguard.redis_pipe")
# What is started by name alone, with what it imports only when it is needed.
STARTED = {
    "serve": (*SERVED, "pixguard.jobs.keep_decisions"),
    "spark": (
        "pixguard.jobs.stream_features", "pixguard.jobs.build_features", "pixguard.stream.*", "pixguard.feature_store",
    ),
    "train": (
        "pixguard.cli", "pixguard.steps.*", "pixguard.jobs.advance_canary", "pixguard.release.*", "pixguard.evidence.*",
        "pixguard.jobs.check_parity", "pixguard.jobs.verify_decisions", "pixguard.jobs.retain_decisions",
        "pixguard.jobs.watch_decisions", "pixguard.jobs.ingest_labels", "boto3", "mlflow.server",
    ),
}  # fmt: skip


@pytest.mark.parametrize("target", STARTED)
def test_an_images_programs_find_what_they_import(target: str) -> None:
    assert imported(STARTED[target], needed(installed(target))) == ""


def test_the_model_server_needs_no_spark_no_mlflow_no_kfp_no_torch_and_no_feast() -> None:
    held = needed(installed("serve"))
    assert not held & {"pyspark", "mlflow", "mlflow-skinny", "kfp", "torch", "feast", "dask", "scipy", "lightgbm"}
    assert {"kserve", "onnxruntime", "redis", "hiredis", "confluent-kafka"} <= held


def test_an_import_that_the_image_lacks_is_named() -> None:
    assert "No module named 'feast'" in imported(
        ["feast"], needed(installed("serve"))
    ) or "feast is not in" in imported(["feast"], needed(installed("serve")))


def test_git_is_in_the_image_that_writes_releases() -> None:
    stage = (ROOT / "components" / "Dockerfile").read_text().partition("AS train\n")[2].partition("FROM ")[0]
    assert "install --yes --no-install-recommends git" in stage
