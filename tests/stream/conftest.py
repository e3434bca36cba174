"""What the stream's tests share."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.stream.harness import Stream
from tests.test_online_store import redis_address

__all__ = ["redis_address", "stream"]

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@pytest.fixture
def stream(spark: "SparkSession", tmp_path: Path) -> Stream:
    return Stream(spark, tmp_path)
