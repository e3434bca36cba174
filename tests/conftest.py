"""What many tests share: a small Spark session, a small version to serve, and hypothesis without a clock."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

# Before numpy or torch is imported, here and in every process that a test starts: several of them share the cores, and
# the threads of one, waiting in loops, would burn the CPU of the rest (training took three times as much).
os.environ.setdefault("OMP_NUM_THREADS", "1")
# The JVMs of tests live for seconds: the second compiler would cost more than its code saves.
os.environ.setdefault("SPARK_SUBMIT_OPTS", "-XX:TieredStopAtLevel=1")
os.environ.setdefault("SPARK_LAUNCHER_OPTS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")

import prometheus_client  # noqa: F401 - before Feast, which turns its multi-process mode on for all that come later
import pytest
from hypothesis import HealthCheck, settings

from tests.workers import LongestFirst, place

if "PYTEST_XDIST_WORKER" in os.environ:
    # A worker's main module has no file, which Spark Connect takes for a doctest: it then ends the process on import.
    import xdist.remote

    sys.modules["__main__"].__file__ = xdist.remote.__file__

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from tests.predictor.world import World

# A shared machine is slow at times: a deadline would fail tests that are right. Seeds are fixed, so a run repeats.
settings.register_profile(
    "pixguard", deadline=None, derandomize=True, max_examples=50, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("pixguard")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put what takes long first where workers share the tests; alone, files run in their order."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        items.sort(key=lambda item: place(item.nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LongestFirst | None:
    """Hand out the tests as `workers` says with --dist loadfile, which `make test` asks for."""
    if config.option.dist != "loadfile":
        return None
    config.option.loadscopereorder = False
    return LongestFirst(config, log)


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator["SparkSession"]:
    """One local Spark session in UTC on two cores, with nothing left in the checkout."""
    from pyspark.sql import SparkSession

    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # workers import what the tests import
    scratch: Path = tmp_path_factory.mktemp("spark")
    session = (
        SparkSession.builder.master("local[2]")
        .appName("pixguard-tests")
        .config("spark.driver.memory", "1g")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.extraJavaOptions", "-Duser.timezone=UTC")
        .config("spark.local.dir", str(scratch / "local"))
        .config("spark.sql.warehouse.dir", str(scratch / "warehouse"))
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> "World":
    """One small signed version with payments and their state, trained once for all who serve or explain it."""
    from tests.predictor.world import make_world

    return make_world(tmp_path_factory.mktemp("served"))
