"""Real processes that serve the world's version."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.predictor.processes import Replica, StartReplica, start_replica
from tests.predictor.world import World


@pytest.fixture
def start(world: World, tmp_path: Path) -> Iterator[StartReplica]:
    """Start replicas that are gone when the test ends."""
    yield from _starting(world, tmp_path)


@pytest.fixture(scope="module")
def replica(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replica]:
    """One ready replica for tests that only ask."""
    starting = _starting(world, tmp_path_factory.mktemp("replica"))
    started = next(starting)()
    started.wait_ready()
    yield started
    next(starting, None)


def _starting(world: World, folder: Path) -> Iterator[StartReplica]:
    running: list[Replica] = []

    def begin(*arguments: str, **environment: str) -> Replica:
        running.append(start_replica(world, folder, f"r{len(running)}", *arguments, **environment))
        return running[-1]

    yield begin
    for each in running:
        each.kill()


@pytest.fixture
def copied(world: World, tmp_path: Path) -> Path:
    """The version's files in a folder of the test's own."""
    target = tmp_path / world.version.name
    shutil.copytree(world.version.folder, target)
    return target
