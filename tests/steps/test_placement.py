"""What placement writes into the compiled pipeline."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from kfp import dsl

from pixguard.steps.placement import (
    KEYS_SECRET,
    KEYS_VARIABLE,
    LAKE_CLAIM,
    LAKE_MOUNT,
    PUBLIC_KEY_MOUNT,
    PUBLIC_KEY_SECRET,
    SIGNING_MOUNT,
    SIGNING_SECRET,
    SPARK_SETTINGS,
    SPARK_VARIABLES,
    placed,
    with_keys,
    with_public_key,
    with_signing_key,
    with_spark,
)
from pixguard.steps.runs.compile import compile_pipeline


@dsl.component(base_image="pixguard-train:test", install_kfp_package=False, packages_to_install=None)
def work() -> None:
    pass


@pytest.fixture
def compiled(tmp_path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    @dsl.pipeline(name="placed-work")
    def placed_work() -> None:
        with_keys(placed(work(), "Do the work", cpu="500m", memory="2Gi", retries=3, cached=False))

    specification, platform = yaml.safe_load_all(compile_pipeline(placed_work, tmp_path).read_text())
    return specification, platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]["exec-work"]


def test_title_size_retries_and_caching_are_in_the_graph(compiled: tuple[dict[str, Any], dict[str, Any]]) -> None:
    specification, _ = compiled
    task = specification["root"]["dag"]["tasks"]["work"]
    assert task["taskInfo"]["name"] == "Do the work"
    assert task["cachingOptions"] == {}
    assert task["retryPolicy"]["maxRetryCount"] == 3
    resources = specification["deploymentSpec"]["executors"]["exec-work"]["container"]["resources"]
    assert resources["resourceCpuLimit"] == resources["resourceCpuRequest"] == "500m"
    assert resources["resourceMemoryLimit"] == resources["resourceMemoryRequest"] == "2Gi"


def test_the_lake_and_the_key_ring_come_from_the_cluster(compiled: tuple[dict[str, Any], dict[str, Any]]) -> None:
    _, executor = compiled
    (volume,) = executor["pvcMount"]
    assert (volume["constant"], volume["mountPath"]) == (LAKE_CLAIM, LAKE_MOUNT)
    (secret,) = executor["secretAsEnv"]
    assert secret["secretName"] == KEYS_SECRET
    assert [key["envVar"] for key in secret["keyToEnv"]] == [KEYS_VARIABLE]


def test_the_signing_key_is_a_file_from_the_clusters_secret(tmp_path: Path) -> None:
    @dsl.pipeline(name="signed-work")
    def signed_work() -> None:
        with_signing_key(work())

    _, platform = yaml.safe_load_all(compile_pipeline(signed_work, tmp_path).read_text())
    (mounted,) = platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]["exec-work"]["secretAsVolume"]
    assert (mounted["secretName"], mounted["mountPath"], mounted["optional"]) == (SIGNING_SECRET, SIGNING_MOUNT, True)


def test_the_public_key_comes_without_the_private_one_and_spark_knows_its_environment(tmp_path: Path) -> None:
    @dsl.pipeline(name="known-work")
    def known_work() -> None:
        with_spark(with_public_key(work()))

    _, platform = yaml.safe_load_all(compile_pipeline(known_work, tmp_path).read_text())
    executor = platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]["exec-work"]
    (mounted,), (settings,) = executor["secretAsVolume"], executor["configMapAsEnv"]
    assert (mounted["secretName"], mounted["mountPath"]) == (PUBLIC_KEY_SECRET, PUBLIC_KEY_MOUNT)
    assert (settings["configMapName"], settings["optional"]) == (SPARK_SETTINGS, True)
    assert {each["configMapKey"]: each["envVar"] for each in settings["keyToEnv"]} == SPARK_VARIABLES
