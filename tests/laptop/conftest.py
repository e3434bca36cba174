"""One plane for the tests of a module, serving a good first version; nothing of it is left afterwards."""

from collections.abc import Iterator

import pytest

from pixguard.laptop.plane import process
from pixguard.provenance import KeptVersion

from .world import Plane


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plane]:
    made = Plane(tmp_path_factory.mktemp("plane"))
    try:
        made.up(made.keep("first"))
        yield made
    finally:
        made.down()
        assert process.marked(made.folder) == []


@pytest.fixture(scope="module")
def first(plane: Plane) -> KeptVersion:
    return plane.keep("first")


@pytest.fixture
def quiet(plane: Plane, first: KeptVersion) -> Iterator[Plane]:
    """The plane with the first version alone, before the test and after it."""
    plane.settle(first)
    yield plane
    plane.settle(first)
