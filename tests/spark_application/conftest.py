from collections.abc import Iterator

import pytest

from .cluster import Cluster, cluster


@pytest.fixture
def kubernetes() -> Iterator[Cluster]:
    with cluster() as server:
        yield server
