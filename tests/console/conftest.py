"""One busy plane and its console for all tests that speak HTTP: it is asked much and changed little."""

from collections.abc import Iterator

import pytest

from .process import console
from .world import SECOND, World, counters, world


@pytest.fixture(scope="package")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("console")) as made:
        commit = made.story()
        made.versions = {SECOND.name: counters(SECOND.name, 5000, 3, 100)}
        made.plane()
        made.status(commit, Ready="True", PredictorReady="True", IngressReady="True")
        made.past(300)
        yield made


@pytest.fixture(scope="package")
def url(busy: World) -> Iterator[str]:
    with console(busy.state) as address:
        yield address
